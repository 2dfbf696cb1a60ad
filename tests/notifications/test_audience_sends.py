"""A saved audience from Compose to the phones: counted, reviewed, sent, and refused when it is no
longer what was reviewed."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from devices import audiences
from devices.audiences import keeping
from devices.models import Audience
from notifications import lifecycle, reach
from notifications.models import Delivery
from notifications.states import NotificationStatus as S
from tests.sending import confirm, confirmed, make_draft, make_phones, make_staff, run_all

pytestmark = pytest.mark.django_db(transaction=True)
IOS = {"field": "platform", "op": "is", "value": "ios"}


def ruled(*items: object, **more: object) -> dict[str, object]:
    return {"version": 1, "all": list(items)} | more


def test_all_phones_of_its_people_and_nobody_elses_get_it_in_ranges(sandbox, settings):
    settings.BATCH_SIZE, settings.BATCH_THRESHOLD = 4, 5
    phones = make_phones(30)
    vips = keeping.create("VIPs", {"version": 1, "list": True})
    keeping.add(vips, [phones[1].owner_id, phones[3].owner_id])
    audience = keeping.create("iPhones", ruled(IOS, exclude=vips.pk))

    sent = confirmed(send_to="audience", audience=audience)
    run_all()

    expected = {phone.pk for phone in phones if phone.platform == "ios"}
    expected -= {phones[1].pk, phones[3].pk}
    rows = dict(Delivery.objects.filter(notification=sent).values_list("device_id", "outcome"))
    assert rows == dict.fromkeys(expected, "accepted")
    sent.refresh_from_db()
    assert (sent.planned, sent.people) == (13, 13)
    assert sent.batches.filter(kind="range").count() > 1


def test_the_target_system_narrows_an_audience(sandbox):
    phones = make_phones(6)
    audience = keeping.create("All", ruled())

    sent = confirmed(send_to="audience", audience=audience, target_os="android")
    run_all()

    rows = Delivery.objects.filter(notification=sent).values_list("device_id", flat=True)
    assert set(rows) == {phone.pk for phone in phones if phone.platform == "android"}


def test_waterfall_engine_and_page_agree_on_who_is_in_it(sandbox):
    make_phones(8, opted_out=True, first=100)
    make_phones(6)
    audience = keeping.create("iPhones", ruled(IOS))
    draft = make_draft(send_to="audience", audience=audience)
    falls = reach.waterfall(draft, timezone.now())

    sent = confirmed(send_to="audience", audience=audience)
    run_all()

    assert falls.people == audiences.count(audience) == 7
    rows = Delivery.objects.filter(notification=sent)
    assert falls.will_send == rows.filter(outcome="accepted").count() == 3
    assert [step.count for step in falls.steps] == [4] == [rows.filter(reason="opted_out").count()]
    lanes = reach.lanes(draft, "phone-0", timezone.now())
    assert [lane.reason for lane in lanes] == ["not_in_audience"]


def change_rules(audience: Audience) -> None:
    keeping.change(audience, rules=ruled(IOS | {"op": "is_not", "value": "android"}))


def change_excluded(audience: Audience) -> None:
    keeping.change(Audience.objects.get(name="VIPs"), rules=ruled(IOS, IOS))


@pytest.mark.parametrize("change", [change_rules, change_excluded])
def test_a_review_is_stale_once_the_audience_or_one_it_excludes_was_changed(change):
    make_phones(4)
    nobody = {"field": "registered", "op": "less", "value": "2020-01-01"}
    vips = keeping.create("VIPs", ruled(nobody))
    audience = keeping.create("iPhones", ruled(IOS, exclude=vips.pk))
    mia = make_staff()
    draft = make_draft(mia, send_to="audience", audience=audience)
    found = lifecycle.review(draft, by=mia, now=timezone.now())

    change(audience)

    fresh = type(draft).objects.get(pk=draft.pk)
    with pytest.raises((lifecycle.StaleReview, ValidationError)):
        lifecycle.confirm(
            fresh, by=mia, phrase="Send Notification", token=found.token, now=timezone.now(),
            ticked={oddity.code for oddity in found.oddities},
        )  # fmt: skip
    fresh.refresh_from_db()
    assert fresh.status == S.DRAFT


def test_an_archived_audience_refuses_review_in_a_sentence():
    make_phones(2)
    audience = keeping.create("All", ruled())
    draft = make_draft(send_to="audience", audience=audience)
    keeping.archive(audience)

    with pytest.raises(ValidationError) as refused:
        confirm(type(draft).objects.get(pk=draft.pk))

    assert refused.value.message_dict["audience"] == ["All is archived. Choose another audience."]


@pytest.mark.parametrize("change", [keeping.archive, change_rules])
def test_what_was_confirmed_is_held_when_its_audience_is_no_longer_the_same(sandbox, change):
    make_phones(4)
    audience = keeping.create("iPhones", ruled(IOS))
    waiting = confirmed(send_to="audience", audience=audience)

    change(audience)
    run_all()

    waiting.refresh_from_db()
    assert waiting.status == S.HELD
    assert not Delivery.objects.exists()
