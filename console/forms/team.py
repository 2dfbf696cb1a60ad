"""Adding a member of staff."""

from django import forms

from console.roles import ROLES
from console.team import ROLE_WORDS

CHOICES = [(role, role.capitalize()) for role in ROLES]


class MemberForm(forms.Form):
    username = forms.CharField(
        label="Username of the new member",
        max_length=150,
        help_text="They sign in with it. Letters, digits and @ . + - _.",
        error_messages={"required": "Give the name that they will sign in with."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    role = forms.ChoiceField(
        label="Role",
        choices=[(role, f"{role.capitalize()}: {ROLE_WORDS[role].lower()}") for role in ROLES],
        initial="viewer",
    )
