"""What may stand between {{ and }}: attributes and five filters, and nothing that runs."""

import pytest

from notifications.personal import Slot, Unreadable, read
from notifications.personal.parts import from_json, join, to_json


def test_a_text_without_variables_is_one_part():
    assert read("50 % off { today }") == ("50 % off { today }",)


def test_an_attribute_with_its_filters_is_a_slot():
    parts = read('Hi {{ first_name | default: "there" | upcase }}!')

    assert parts == ("Hi ", Slot("first_name", (("default", ("there",)), ("upcase", ()))), "!")
    assert from_json(to_json(parts)) == parts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hi {{ first_name", "never closed"),
        ("{% for x in y %}{% endfor %}", "does nothing here"),
        ("{% raw %}{{ x }}{% endraw %}", "does nothing here"),
        ('{{ "x" }}', "stands no attribute"),
        ("{{ user.name }}", "one name"),
        ("{{ a[b] }}", "one name"),
        ("{{ a | money }}", "no filter money"),
        ("{{ a | default: b }}", 'default: "there"'),
        ("{{ a | default }}", 'default: "there"'),
        ("{{ a | truncate: 'x' }}", "truncate: 20"),
        ("{{ a | upcase: 1 }}", "written so: upcase"),
        ("{{ a if b else c }}", "can’t read"),
        ("{{ first name }}", "can’t read"),
        ("{{ a | default: “x” }}", "curly quotes"),
        ("{{ }}", "can’t read"),
        ("{{ " + "a[" * 330 + "a" + "]" * 330 + " }}", "one name"),
    ],
)
def test_everything_else_is_refused_in_words(text, told):
    with pytest.raises(Unreadable) as refused:
        read(text)

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("text", "attributes", "read_as"),
    [
        ('Hi {{ first_name | default: "there" }}', {}, "Hi there"),
        ('Hi {{ first_name | default: "there" }}', {"first_name": "  "}, "Hi there"),
        ('Hi {{ first_name | default: "there" }}', {"first_name": ["Ann"]}, "Hi there"),
        ('Hi {{ first_name | default: "there" }}', {"first_name": None}, "Hi there"),
        ("Hi {{ first_name }}", {}, "Hi"),
        ("{{ n | upcase }}", {"n": "ann"}, "ANN"),
        ("{{ n | downcase }}", {"n": "ANN"}, "ann"),
        ("{{ n | capitalize }}", {"n": "ann HUBER"}, "Ann huber"),
        ("{{ n | truncate: 6 }}", {"n": "Margarethe"}, "Marga…"),
        ('{{ n | truncate: 6, "" }}', {"n": "Margarethe"}, "Margar"),
        ("{{ n }} points", {"n": 12}, "12 points"),
        ("{{ n }}", {"n": 4.50}, "4.5"),
        ("{{ n }}", {"n": True}, "yes"),
        ("{{ n }}", {"n": "{{ secret }}"}, "{{ secret }}"),
        ("{{ n }}!", {"n": "a\u202eb\x00c\nd"}, "abc d!"),
    ],
)
def test_a_value_is_written_as_people_read_it(text, attributes, read_as):
    assert join(read(text), attributes) == read_as


def test_each_value_is_cut_at_a_hundred_characters():
    assert join(read("<{{ n }}>"), {"n": "x" * 500}) == f"<{'x' * 100}>"
    assert join(read("<{{ n | upcase }}>"), {"n": "ß" * 100}) == f"<{'S' * 100}>"
    assert join(read("{{ n }}"), {"n": 10**400}) == ""
