"""Which variant a locale gets."""

import pytest

from notifications.personal import choose, label, normal


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("de", "de"), ("de_AT.UTF-8", "de-at"), ("pt-BR", "pt-br"), ("zh_Hant_TW", "zh-hant-tw"),
        ("sr@latin", "sr"), ("", ""), ("../x", ""), ("x", ""), ("C", ""),
    ],
)  # fmt: skip
def test_locales_of_every_system_are_read(locale, tag):
    assert normal(locale) == tag


@pytest.mark.parametrize(
    ("locale", "chosen"),
    [
        ("de-AT", "de"), ("de-CH", "de-ch"), ("de_CH", "de-ch"), ("zh-Hant-TW", "zh-hant"),
        ("zh-Hans-CN", ""), ("fr", ""), ("", ""), ("nonsense!", ""),
    ],
)  # fmt: skip
def test_a_locale_falls_back_to_its_language_and_then_to_the_default(locale, chosen):
    assert choose(locale, {"": 0, "de": 1, "de-ch": 2, "zh-hant": 3}) == chosen


def test_languages_have_names():
    assert (label("de"), label("pt-br"), label("de-at")) == (
        "German", "Brazilian Portuguese", "German (AT)",
    )  # fmt: skip
