"""Files of those who move here: every line counts, none twice."""

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from devices import imports, registry
from devices.models import AppUser, Device

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B, C = ("token-of-a-phone-" + letter * 10 for letter in "ABC")
HEADER = "user,fcm_token,device_type,created_at\n"


def lines_of(text: str | bytes) -> list:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(imports.read(io.BytesIO(raw), NOON))


def take(text: str) -> imports.Imported:
    return imports.run(lines_of(text), NOON)


def owners() -> dict[str, str]:
    return {device.token: device.owner.user_id for device in Device.objects.select_related("owner")}


def test_csv_and_json_lines_say_the_same():
    csv = f"created_at,device_type,user,fcm_token,extra\n2026-01-02T03:04:05Z,iOS,users/ada,{A},x\n"
    as_json = {
        "user": "users/ada", "fcm_token": A, "device_type": "ios",
        "created_at": {"_seconds": 1767323045, "_nanoseconds": 0},
    }  # fmt: skip

    [from_csv], [from_json] = lines_of("\ufeff" + csv), lines_of("\n" + json.dumps(as_json))

    assert from_csv.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    expected = ("ada", A, "ios", from_csv.created_at)
    for line in (from_csv, from_json):
        assert (line.user_id, line.token, line.platform, line.created_at) == expected


@pytest.mark.parametrize(
    ("user", "user_id"),
    [
        ("ada", "ada"),
        ("/users/ada", "ada"),
        ("projects/p/databases/(default)/documents/users/ada", "ada"),
    ],
)
def test_the_user_may_be_a_reference(user, user_id):
    [line] = lines_of(f"{HEADER}{user},{A},Android,\n")

    assert (line.user_id, line.created_at) == (user_id, NOON)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f",{A},ios,", "line 2: user: is missing"),
        (f"users/,{A},ios,", "line 2: user: 'users/' is no user"),
        ("ada,,ios,", "line 2: fcm_token: is missing"),
        ("ada,a b,ios,", "line 2: fcm_token: 'a b' is no token"),
        (f"ada,{A},web,", "line 2: device_type: 'web' is neither iOS nor Android"),
        (f"ada,{A},ios,yesterday", "line 2: created_at: 'yesterday' is no time, such as "
         "2026-01-31T09:30:00Z"),
        (f"ada,{A},ios,2026-13-01T00:00:00Z", "line 2: created_at: '2026-13-01T00:00:00Z' is no "
         "time, such as 2026-01-31T09:30:00Z"),
        (f"ada,{A},ios", "line 2: has 3 columns, the header 4 columns"),
        (f'"ada,{A},ios,', "line 2: has unclosed quotes, the header 4 columns"),
        ("x" * 200_000, "line 2: has 1 columns, the header 4 columns"),
    ],
)  # fmt: skip
def test_a_line_that_fails_says_why_and_the_next_one_follows(line, told):
    failure, following = lines_of(f"{HEADER}{line}\nbob,{B},android,\n")

    assert str(failure) == told
    assert (following.user_id, following.number) == ("bob", 3)


def test_what_is_not_utf8_or_not_json_fails_alone():
    raw = (
        b'{"user": "a\xff"}\n[1]\nnonsense\n'
        + json.dumps({"user": "ada", "fcm_token": A, "device_type": "IOS"}).encode()
    )

    found = lines_of(raw)

    assert [type(one).__name__ for one in found] == ["Failure", "Failure", "Failure", "Line"]


def test_a_file_without_the_right_header_says_what_it_lacks():
    [failure] = lines_of("user,token\n1,2\n")

    assert "the header lacks fcm_token, device_type" in str(failure)
    assert lines_of("") == lines_of("\n\n") == []


@pytest.mark.django_db
def test_an_import_makes_phones_that_fcm_decides_about():
    done = take(f"{HEADER}users/ada,{A},iOS,2026-01-01T00:00:00Z\nusers/bob,{B},Android,\nx\n")

    assert done == imports.Imported(lines=3, people=2, made=2, failed=1)
    assert owners() == {A: "ada", B: "bob"}
    device = Device.objects.get(token=A)
    assert (device.platform, device.state, device.perm_known) == ("ios", "active", False)
    assert (device.deliverable, device.notification_types) == (True, 1)
    assert (device.registered_at.year, device.last_seen_at) == (2026, NOON)


@pytest.mark.django_db
def test_the_same_file_again_makes_nothing_twice():
    text = f"{HEADER}ada,{A},ios,2026-01-01T00:00:00Z\nbob,{B},android,\n"
    take(text)

    assert take(text) == imports.Imported(lines=2, known=2)
    assert (Device.objects.count(), AppUser.objects.count()) == (2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["ada", "bob"])
def test_of_two_people_with_one_token_the_later_one_has_it(first):
    old, new = f"ada,{A},ios,2026-01-01T00:00:00Z\n", f"bob,{A},ios,2026-02-01T00:00:00Z\n"
    together = old + new if first == "ada" else new + old

    done = take(HEADER + together)
    assert (done.made, done.known, owners()) == (1, 1, {A: "bob"})

    take(HEADER + old)
    assert owners() == {A: "bob"}
    take(f"{HEADER}cleo,{A},ios,2026-03-01T00:00:00Z\n")
    assert owners() == {A: "cleo"}


@pytest.mark.django_db
def test_what_the_app_said_itself_is_never_overwritten(app):
    app.register("D", user_id="ada", token=A)
    text = f"{HEADER}bob,{A},android,\ncleo,{B},android,\n"

    assert take(text).known == 1
    assert owners()[A] == "ada"

    app.register("E", user_id="cleo", token=B)
    assert take(text) == imports.Imported(lines=2, known=2)
    assert Device.objects.get(token=B).device_id == "E"


@pytest.mark.django_db
def test_a_phone_that_fcm_called_dead_stays_dead():
    text = f"{HEADER}ada,{A},ios,\n"
    take(text)
    registry.retire([(Device.objects.get().pk, A)], timezone.now())

    assert take(text) == imports.Imported(lines=1, known=1)
    assert Device.objects.get().state == "invalid"


@pytest.mark.django_db
def test_the_command_reports_each_failed_line(tmp_path, capsys):
    file = tmp_path / "tokens.csv"
    file.write_text(f"{HEADER}ada,{A},ios,\nbob,{B},web,\ncleo,{C},Android,\n")

    call_command("import_devices", str(file))

    said = capsys.readouterr()
    assert said.err == "line 3: device_type: 'web' is neither iOS nor Android\n"
    assert "2 phones made, 0 given to a later owner, 0 known already, 1 failed" in said.out
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_devices", str(tmp_path / "nothing.csv"))
