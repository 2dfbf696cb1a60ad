"""Audiences: the list, the rule builder, the fixed list, and what is done with one."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from devices import audiences
from devices.audiences import keeping
from devices.models import Audience
from notifications.models import AuditEntry
from tests.console.staff import client_of
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
ROW = {"group": "", "field": "platform", "name": "", "type": "string", "op": "is", "value": "ios"}


def form(*rows: dict[str, str], **more: str) -> dict[str, str]:
    posted = {"name": "iPhones", "group": "all", "kind": "rules", "rows": str(len(rows))}
    for index, row in enumerate(rows):
        posted |= {f"row-{index}-{key}": value for key, value in (ROW | row).items()}
    return posted | more


def test_an_empty_list_offers_three_ready_rules():
    client = client_of("marketer")

    page = client.get("/audiences/").content.decode()

    for key in ("iphone", "inactive", "new"):
        assert f"?from={key}" in page
        assert client.get(f"/audiences/new/?from={key}").status_code == 200


def test_a_marketer_builds_a_rule_sees_the_figure_and_saves_it():
    make_device(make_user("ann"), platform="ios")
    make_device(make_user("ben"), platform="android")
    client = client_of("marketer")
    typed = form({})

    counted = client.post("/audiences/count/", typed).content.decode()
    saved = client.post("/audiences/new/", typed, follow=True)

    assert '<b class="num">1</b> person' in counted
    audience = Audience.objects.get()
    assert audience.rules == {
        "version": 1,
        "all": [{"field": "platform", "op": "is", "value": "ios"}],
    }
    assert saved.redirect_chain[-1][0] == f"/audiences/{audience.pk}/"
    assert "Platform is iOS." in saved.content.decode()
    assert AuditEntry.objects.get().action == "made an audience"


def test_add_and_remove_redraw_with_all_that_was_typed():
    client = client_of("marketer")

    added = client.post("/audiences/new/", form({"value": "android"}, add_condition="1"))
    removed = client.post(
        "/audiences/new/", form({"value": "android"}, {"value": "ios"}, remove_condition="0")
    )

    assert [row.value for row in added.context["form"].rows] == ["android", ""]
    assert [row.value for row in removed.context["form"].rows] == ["ios"]
    assert not Audience.objects.exists()


def test_what_is_wrong_stands_at_its_condition():
    make_user("ann", attributes={"plan": "pro"})
    rows = (
        {"field": "tag", "value": "vip"},
        {"group": "any", "field": "attribute", "name": "paln", "value": "pro"},
    )

    answer = client_of("marketer").post("/audiences/new/", form(*rows))

    assert answer.status_code == 422
    told = [row.errors for row in answer.context["form"].rows]
    assert told == [[], ["Nobody has an attribute paln. Capitals count. Did you mean plan?"]]


def test_saved_rules_come_back_as_the_rows_they_were():
    make_user("ann", attributes={"age": 30, "paid": True})
    rows = (
        {"field": "attribute", "name": "age", "type": "number", "op": "between", "value": "18, 30"},
        {"group": "none", "field": "country", "op": "one_of", "value": "AT, DE"},
        {"group": "none", "field": "opened", "name": "any", "op": "did", "value": "14"},
        {"field": "attribute", "name": "paid", "type": "boolean", "op": "is", "value": "yes"},
    )
    client = client_of("marketer")
    client.post("/audiences/new/", form(*rows))
    audience = Audience.objects.get()

    again = client.get(f"/audiences/{audience.pk}/").context["form"]

    assert again.rules == audience.rules
    assert [one.user_id for one in audiences.people(audience)] == ["ann"]


def test_a_change_raises_the_version_of_those_who_exclude_it_too():
    vips = keeping.create("VIPs", {"version": 1, "all": []})
    rest = keeping.create("Rest", {"version": 1, "all": [], "exclude": vips.pk})

    client_of("marketer").post(f"/audiences/{vips.pk}/", form({}, name="VIPs"))

    vips.refresh_from_db()
    rest.refresh_from_db()
    assert (vips.version, rest.version) == (2, 2)


def test_a_csv_says_who_matched_who_is_unknown_and_who_stands_there_twice():
    ann, ben = make_user("ann"), make_user("ben")
    audience = keeping.create("List", {"version": 1, "list": True})
    lines = b'name,user_id\nA,ann\nB,users/ben\nA,ann\nC,carl\n"D,ann\nE,\xff\xfe\n\nF,\n'
    client = client_of("marketer")

    def upload() -> object:
        file = SimpleUploadedFile("people.csv", lines)
        return client.post(f"/audiences/{audience.pk}/", {"do": "people", "file": file}).context[
            "report"
        ]

    first, again = upload(), upload()

    assert (first.matched, first.unknown, first.doubled, first.unreadable) == (2, 1, 1, 3)
    assert (first.lines, first.added, again.added) == (7, 2, 0)
    assert set(audiences.people(audience)) == {ann, ben}


def test_pasted_ids_go_on_the_list_and_one_can_be_taken_off():
    make_user("ann"), make_user("ben")
    audience = keeping.create("List", {"version": 1, "list": True})
    client = client_of("marketer")

    client.post(f"/audiences/{audience.pk}/", {"do": "people", "people": "ann, users/ben\nann"})
    client.post(f"/audiences/{audience.pk}/", {"do": "people", "remove": "ben"})

    assert [one.user_id for one in audiences.people(audience)] == ["ann"]


def test_the_page_says_whether_somebody_is_in_it():
    make_device(make_user("ann"), platform="ios")
    make_user("ben")
    audience = keeping.create(
        "iPhones", {"version": 1, "all": [{"field": "platform", "op": "is", "value": "ios"}]}
    )
    client = client_of("viewer")

    def asked(user_id: str) -> str:
        return client.get(f"/audiences/{audience.pk}/", {"user_id": user_id}).content.decode()

    assert "is in it now" in asked("ann")
    assert "is not in it now" in asked("ben")
    assert "We don’t know" in asked("carl")
    assert "Save audience" not in asked("ann")


def test_clone_archive_and_restore_are_audited():
    audience = keeping.create("All", {"version": 1, "all": []})
    client = client_of("ops")
    path = f"/audiences/{audience.pk}/"

    for deed in ("clone", "archive", "restore"):
        client.post(path, {"do": deed})

    assert Audience.objects.filter(name="All (copy)").exists()
    told = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(told) == ["cloned an audience", "archived an audience", "restored an audience"]


def test_an_archived_audience_takes_no_change():
    audience = keeping.archive(keeping.create("All", {"version": 1, "all": []}))
    client = client_of("ops")

    page = client.post(f"/audiences/{audience.pk}/", form({}, name="Other"), follow=True)

    assert "All is archived. Restore it before changing it." in page.content.decode()
    assert not Audience.objects.filter(name="Other").exists()


def test_a_larger_file_is_imported_on_the_server(tmp_path, capsys):
    make_user("ann")
    audience = keeping.create("List", {"version": 1, "list": True})
    file = tmp_path / "people.csv"
    file.write_bytes(b"user_id\nann\ncarl\nann\n")

    call_command("import_audience", str(audience.pk), str(file))

    said = capsys.readouterr()
    assert "matched: 1" in said.out
    assert "line 3: We don’t know carl." in said.err
    assert audiences.count(audience) == 1


def test_a_group_is_begun_filled_and_shown_together():
    client = client_of("marketer")
    rows = ({}, {"group": "any", "field": "tag", "value": "vip"}, {"field": "tag", "value": "new"})

    begun = client.post("/audiences/new/", form({}, add_condition="any")).context["form"]
    shown = client.post("/audiences/new/", form(*rows, add_condition="any")).context["form"]

    assert [row.group for row in begun.rows] == ["", "any"]
    assert [name for name, _ in begun.more_groups] == ["none"]
    places = [(group, [index for index, _ in rows]) for group, _, rows in shown.sections]
    assert places == [("", [0]), ("any", [1, 3]), ("", [2])]


def test_a_country_is_said_by_its_name_and_kept_as_its_code():
    make_user("ann", locale="de-AT")
    client = client_of("marketer")
    typed = form({"field": "country", "op": "one_of", "value": "austria, CH"})

    client.post("/audiences/new/", typed)

    audience = Audience.objects.get()
    assert audience.rules["all"] == [{"field": "country", "op": "one_of", "value": ["AT", "CH"]}]
    page = client.get(f"/audiences/{audience.pk}/")
    assert "Country is one of Austria, Switzerland." in page.content.decode()
    assert page.context["form"].rows[0].value == "Austria, Switzerland"


def test_the_figure_says_what_is_counted_or_why_it_is_not():
    make_user("ann", attributes={"plan": "pro"})
    client = client_of("marketer")

    def counted(**row: str) -> str:
        return client.post("/audiences/count/", form(row)).content.decode()

    assert "Plan is pro." in counted(field="attribute", name="plan", value="pro")
    assert "Did you mean plan?" in counted(field="attribute", name="paln", value="pro")
    assert "Finish the rules" in counted(field="attribute")


def test_an_audiences_page_leads_to_compose_with_it_chosen():
    audience = keeping.create("iPhones", {"version": 1, "all": []})
    client = client_of("marketer")

    link = f"/notifications/new/?audience={audience.pk}"
    page = client.get(link)

    assert link in client.get(f"/audiences/{audience.pk}/").content.decode()
    assert page.context["form"]["send_to"].value() == "audience"
    assert f'<option value="{audience.pk}" selected' in page.content.decode()
    for other in ("abc", "99999999999999999999", "0", "%00"):
        assert client.get(f"/notifications/new/?audience={other}").status_code == 200
