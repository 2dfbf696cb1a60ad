"""All tables of this app. What it replaces was applied, all of it, wherever Beckon ran before."""

import uuid
from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The audit log is append-only in the database, not only in code. `audit_undeletable` is a trigger
# of its own, so that a suite which empties all tables between tests can drop that one.
GUARD = {
    "sqlite": [
        "CREATE TRIGGER audit_append_only BEFORE UPDATE ON notifications_auditentry "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_undeletable BEFORE DELETE ON notifications_auditentry "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION beckon_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON notifications_auditentry "
        "FOR EACH ROW EXECUTE FUNCTION beckon_append_only()",
        "CREATE TRIGGER audit_undeletable BEFORE TRUNCATE ON notifications_auditentry "
        "FOR EACH STATEMENT EXECUTE FUNCTION beckon_append_only()",
    ],
}
UNGUARD = {
    "sqlite": ["DROP TRIGGER audit_undeletable", "DROP TRIGGER audit_append_only"],
    "postgresql": ["DROP FUNCTION beckon_append_only CASCADE"],
}


def guard_audit(apps: Any, schema_editor: Any) -> None:
    for statement in GUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard_audit(apps: Any, schema_editor: Any) -> None:
    for statement in UNGUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_append_only_audit"),
        ("notifications", "0003_idempotency"),
        ("notifications", "0004_cards_and_variants"),
        ("notifications", "0005_leave_out_and_quiet"),
        ("notifications", "0006_live_operations"),
        ("notifications", "0007_webhooks"),
        ("notifications", "0008_the_clock"),
        ("notifications", "0009_zones_of_a_plan"),
        ("notifications", "0010_undeletable_audit"),
    ]

    dependencies = [
        ('devices', '0001_clean_start'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveIntegerField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('plan', 'Plan'), ('range', 'Range'), ('list', 'List')], max_length=5)),
                ('primary', models.BooleanField(default=True)),
                ('queue', models.CharField(default='bulk', max_length=7)),
                ('due_at', models.DateTimeField()),
                ('timezone', models.CharField(blank=True, default='', max_length=64)),
                ('bucket_from', models.PositiveSmallIntegerField(default=0)),
                ('bucket_to', models.PositiveSmallIntegerField(default=10000)),
                ('first_pk', models.BigIntegerField(default=0)),
                ('last_pk', models.BigIntegerField(default=0)),
                ('members', models.BinaryField(blank=True, default=bytes)),
                ('cursor', models.BigIntegerField(default=0)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('takeovers', models.PositiveSmallIntegerField(default=0)),
                ('manifest', models.BinaryField(blank=True, default=bytes)),
                ('in_doubt', models.PositiveIntegerField(default=0)),
                ('counters', models.JSONField(blank=True, default=dict)),
                ('received_ios', models.IntegerField(default=0)),
                ('received_android', models.IntegerField(default=0)),
                ('opened_ios', models.IntegerField(default=0)),
                ('opened_android', models.IntegerField(default=0)),
                ('blocked_by', models.CharField(blank=True, default='', max_length=24)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=20)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('facts', models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='ProjectPause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, default='', max_length=32)),
                ('unnamed_at', models.DateTimeField(blank=True, null=True)),
                ('since', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='MessageCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('description', models.CharField(blank=True, default='', max_length=200)),
                ('client_callable', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='CardVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(max_length=200)),
                ('body', models.CharField(max_length=1000)),
                ('variants', models.JSONField(blank=True, default=dict)),
                ('variables', models.JSONField(blank=True, default=list)),
                ('image', models.CharField(blank=True, default='', max_length=500)),
                ('image_facts', models.JSONField(blank=True, default=dict)),
                ('sound', models.BooleanField(default=True)),
                ('initial_page', models.CharField(blank=True, default='', max_length=80)),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('ttl_s', models.PositiveIntegerField(default=259200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='notifications.messagecard')),
            ],
            options={
                'ordering': ['card', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('broadcast', 'Broadcast'), ('trigger', 'Trigger'), ('test', 'Test')], default='broadcast', max_length=9)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('held', 'Held'), ('sending', 'Sending'), ('paused', 'Paused'), ('sent', 'Sent'), ('stopped', 'Stopped'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('version', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(blank=True, default='', max_length=200)),
                ('body', models.CharField(blank=True, default='', max_length=1000)),
                ('image', models.CharField(blank=True, default='', max_length=500)),
                ('image_facts', models.JSONField(blank=True, default=dict)),
                ('sound', models.BooleanField(default=True)),
                ('initial_page', models.CharField(blank=True, default='', max_length=80)),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('ttl_s', models.PositiveIntegerField(default=259200)),
                ('variants', models.JSONField(blank=True, default=dict)),
                ('variables', models.JSONField(blank=True, default=dict)),
                ('send_to', models.CharField(choices=[('everyone', 'Everyone'), ('users', 'Specific users'), ('audience', 'Saved audience'), ('reached', 'Phones that another notification reached')], default='everyone', max_length=8)),
                ('recipients', models.JSONField(blank=True, default=list)),
                ('target_os', models.CharField(choices=[('all', 'All'), ('android', 'Android'), ('ios', 'iOS')], default='all', max_length=7)),
                ('exclude_users', models.JSONField(blank=True, default=list)),
                ('spare_after', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('quiet_hours', models.CharField(choices=[('defer', 'Wait until they end'), ('skip', 'Leave those people out'), ('ignore', 'Send anyway')], default='defer', max_length=6)),
                ('batch_mode', models.BooleanField(default=False)),
                ('waves', models.JSONField(blank=True, default=dict)),
                ('at_least_once', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('send_at', models.DateTimeField(blank=True, null=True)),
                ('timezone', models.CharField(blank=True, default='UTC', max_length=64)),
                ('wall', models.CharField(blank=True, default='', max_length=16)),
                ('each_clock', models.BooleanField(default=False)),
                ('if_past', models.CharField(choices=[('now', 'At once'), ('tomorrow', 'Tomorrow at that time'), ('skip', 'Not at all')], default='tomorrow', max_length=8)),
                ('spread_min', models.PositiveSmallIntegerField(default=0)),
                ('repeat', models.JSONField(blank=True, default=dict)),
                ('zones', models.JSONField(blank=True, default=list)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('late', models.BooleanField(default=False)),
                ('ticket', models.CharField(blank=True, default='', max_length=200)),
                ('revision', models.JSONField(blank=True, null=True)),
                ('revision_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('reviewed_phones', models.PositiveIntegerField(blank=True, null=True)),
                ('thread', models.UUIDField(default=uuid.uuid4)),
                ('audience_edge', models.BigIntegerField(blank=True, null=True)),
                ('planned', models.PositiveIntegerField(blank=True, null=True)),
                ('people', models.PositiveIntegerField(blank=True, null=True)),
                ('paused_reason', models.CharField(blank=True, default='', max_length=24)),
                ('paused_facts', models.JSONField(blank=True, default=dict)),
                ('brake_released', models.BooleanField(default=False)),
                ('audience', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='devices.audience')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('author_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='devices.apikey')),
                ('card', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='notifications.cardversion')),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='devices.apikey')),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='notifications.notification')),
                ('exclude_audience', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leaving_out', to='devices.audience')),
                ('resends', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='resendings', to='notifications.notification')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('compose_notification', 'Can compose, edit and test notifications'), ('confirm_broadcast', 'Can confirm a notification to everyone or an audience'), ('confirm_to_users', 'Can confirm a notification to specific users'), ('operate_notification', "Can undo, pause and stop anyone's notification"), ('resume_guarded', 'Can resume a notification that a guard paused'), ('change_settings', "Can change the installation's settings"), ('manage_keys', 'Can manage API keys'), ('manage_team', 'Can manage the team')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('pk', models.CompositePrimaryKey('notification_id', 'device_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('platform', models.CharField(max_length=7)),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('dead_token', 'Dead token'), ('skipped', 'Skipped'), ('expired', 'Expired'), ('stopped', 'Stopped'), ('unknown', 'Unknown')], max_length=10)),
                ('reason', models.CharField(blank=True, default='', max_length=32)),
                ('message_id', models.CharField(blank=True, default='', max_length=100)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('doubtful', models.BooleanField(default=False)),
                ('started_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('batch', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='notifications.batch')),
                ('device', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='devices.device')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='devices.appuser')),
                ('notification', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='notifications.notification')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddField(
            model_name='batch',
            name='notification',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='notifications.notification'),
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('description', models.CharField(blank=True, default='', max_length=120)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='page_name_not_blank')],
            },
        ),
        migrations.CreateModel(
            name='PageParameter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('type', models.CharField(choices=[('String', 'String'), ('Integer', 'Integer'), ('Double', 'Double'), ('Boolean', 'Boolean'), ('DateTime', 'Date Time'), ('LatLng', 'Lat Lng'), ('DocumentReference', 'Document')], max_length=20)),
                ('required', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parameters', to='notifications.page')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=64, unique=True)),
                ('type', models.CharField(choices=[('received', 'Received'), ('opened', 'Opened'), ('dismissed', 'Dismissed'), ('custom', 'Custom')], max_length=9)),
                ('name', models.CharField(blank=True, default='', max_length=80)),
                ('props', models.JSONField(blank=True, default=dict)),
                ('at', models.DateTimeField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='devices.device')),
                ('notification', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='receipts', to='notifications.notification')),
            ],
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('status', models.CharField(choices=[('active', 'Repeating'), ('paused', 'Paused'), ('ended', 'Ended')], default='active', max_length=6)),
                ('title', models.CharField(blank=True, default='', max_length=200)),
                ('rule', models.JSONField()),
                ('fields', models.JSONField()),
                ('revision', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reviewed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reviewed_phones', models.PositiveIntegerField(blank=True, null=True)),
                ('next_at', models.DateTimeField(blank=True, null=True)),
                ('next_wall', models.CharField(blank=True, default='', max_length=16)),
                ('passed', models.PositiveIntegerField(default=0)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'series',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Occurrence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('made', 'Made'), ('missed', 'Missed'), ('passed', 'Left out')], default='made', max_length=6)),
                ('notification', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='occurrence', to='notifications.notification')),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occurrences', to='notifications.series')),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('url', models.CharField(max_length=500)),
                ('events', models.JSONField(default=list)),
                ('triggers', models.BooleanField(default=False)),
                ('secret', models.CharField(max_length=300)),
                ('former_secret', models.CharField(blank=True, default='', max_length=300)),
                ('rotated_at', models.DateTimeField(blank=True, null=True)),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('paused_reason', models.CharField(blank=True, default='', max_length=24)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='WebhookCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('given_up', 'Given up')], default='waiting', max_length=9)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='devices.outboxevent')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='notifications.webhookendpoint')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('ms', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, default='', max_length=300)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='notifications.webhookcall')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='notifications.webhookendpoint')),
            ],
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_name', models.CharField(max_length=150)),
                ('action', models.CharField(max_length=60)),
                ('object_type', models.CharField(blank=True, default='', max_length=40)),
                ('object_id', models.CharField(blank=True, default='', max_length=128)),
                ('object_name', models.CharField(blank=True, default='', max_length=200)),
                ('facts', models.JSONField(blank=True, default=dict)),
                ('ip', models.GenericIPAddressField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['object_type', 'object_id', '-id'], name='audit_of_object')],
            },
        ),
        migrations.CreateModel(
            name='Idempotency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('body_sha256', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='devices.apikey')),
            ],
            options={
                'verbose_name_plural': 'idempotency keys',
                'constraints': [models.UniqueConstraint(fields=('key', 'name'), name='one_answer_an_idempotency_key')],
            },
        ),
        migrations.AddConstraint(
            model_name='messagecard',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='card_key_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='cardversion',
            constraint=models.UniqueConstraint(fields=('card', 'number'), name='one_version_of_a_number'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['status', 'due_at'], name='notification_due'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['kind', '-id'], name='notification_list'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['finished_at'], name='notification_ended'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'scheduled', 'held', 'sending', 'paused', 'sent', 'stopped', 'cancelled'])), name='status_known'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), ('status', 'cancelled'), models.Q(('revision__isnull', False), ('due_at__isnull', False)), _connector='OR'), name='confirmed_is_frozen'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('send_to', 'audience'), _negated=True), ('audience__isnull', False), ('status', 'draft'), _connector='OR'), name='audience_is_named'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('send_to', 'reached'), _negated=True), ('corrects__isnull', False), ('resends__isnull', False), _connector='OR'), name='whom_another_reached_is_named'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['user', '-notification'], name='delivery_of_user'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('outcome', 'waiting')), fields=['batch'], name='delivery_waiting'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('opened_at__isnull', False)), fields=['notification', 'opened_at'], name='delivery_opened'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['waiting', 'accepted', 'rejected', 'dead_token', 'skipped', 'expired', 'stopped', 'unknown'])), name='outcome_known'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('finished_at', None)), fields=['queue', 'due_at'], name='batch_due'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('in_doubt__gt', 0)), fields=['leased_until'], name='batch_doubt'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('notification', 'ordinal'), name='one_batch_an_ordinal'),
        ),
        migrations.AddConstraint(
            model_name='pageparameter',
            constraint=models.UniqueConstraint(fields=('page', 'name'), name='one_parameter_of_a_name'),
        ),
        migrations.AddConstraint(
            model_name='pageparameter',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['String', 'Integer', 'Double', 'Boolean', 'DateTime', 'LatLng', 'DocumentReference'])), name='parameter_type_known'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(condition=models.Q(('applied_at', None)), fields=['notification', 'device'], name='receipt_open'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(condition=models.Q(('type', 'dismissed')), fields=['notification', 'device'], name='receipt_dismissed'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['status', 'next_at'], name='series_due'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.UniqueConstraint(fields=('series', 'at'), name='one_occurrence_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['made', 'missed', 'passed'])), name='occurrence_state_known'),
        ),
        migrations.AddIndex(
            model_name='webhookcall',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'due_at'], name='webhook_call_due'),
        ),
        migrations.AddConstraint(
            model_name='webhookcall',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event'), name='one_call_an_event'),
        ),
        migrations.AddIndex(
            model_name='webhookattempt',
            index=models.Index(fields=['endpoint', '-id'], name='webhook_attempts'),
        ),
        migrations.RunPython(guard_audit, unguard_audit),
    ]
