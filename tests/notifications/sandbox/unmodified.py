"""python unmodified.py <service-account.json>: Google's SDK as it was installed, called as an app
would. Prints what it returned, as JSON."""

import json
import sys

import firebase_admin
from firebase_admin import credentials, messaging

PHONE = "sbx-phone-1:APA91bGtWGjuhp4WRhHXgbabIYp1jxEKI08"
words = messaging.Notification("t", "b")
firebase_admin.initialize_app(credentials.Certificate(sys.argv[1]))

said = {
    "sent": messaging.send(messaging.Message(token=PHONE, notification=words)),
    "dry": messaging.send(messaging.Message(token=PHONE, notification=words), dry_run=True),
}
batch = messaging.send_each(
    [messaging.Message(token=f"sbx-one-of-forty-phones-{n}") for n in range(40)]
)
said["each"] = [batch.success_count, batch.failure_count]
said["subscribed"] = messaging.subscribe_to_topic([PHONE], "news").success_count
messaging.send(messaging.Message(topic="news"))
said["unsubscribed"] = messaging.unsubscribe_from_topic([PHONE], "news").success_count
try:
    messaging.send(messaging.Message(token="nonsense"))
except firebase_admin.exceptions.FirebaseError as error:
    said["refused"] = error.code
print(json.dumps(said))
