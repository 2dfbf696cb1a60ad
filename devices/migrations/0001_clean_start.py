"""All tables of this app. What it replaces was applied, all of it, wherever Beckon ran before."""

import uuid
from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import devices.fields
import devices.models.prompts

# PostgreSQL finds people by alias and attribute through these; SQLite reads them all.
SEARCHED = {"user_aliases": "aliases", "user_attributes": "attributes"}


def make_search(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, column in SEARCHED.items():
        schema_editor.execute(
            f"CREATE INDEX {name} ON devices_appuser USING gin ({column} jsonb_path_ops)"
        )


def drop_search(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for name in SEARCHED:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("devices", "0001_initial"),
        ("devices", "0002_search"),
        ("devices", "0003_outbox"),
        ("devices", "0004_prompts"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_id', models.CharField(max_length=128, unique=True)),
                ('token', models.TextField(blank=True, null=True)),
                ('token_sha256', devices.fields.Sha256Field(max_length=32, null=True, of='token', unique=True)),
                ('platform', models.CharField(choices=[('ios', 'iOS'), ('android', 'Android')], max_length=7)),
                ('os_version', models.CharField(blank=True, default='', max_length=32)),
                ('api_level', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('target_sdk', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('app_version', models.CharField(blank=True, default='', max_length=32)),
                ('model', models.CharField(blank=True, default='', max_length=64)),
                ('locale', models.CharField(blank=True, default='', max_length=35)),
                ('timezone', models.CharField(blank=True, default='', max_length=64)),
                ('state', models.CharField(choices=[('active', 'Active'), ('unregistered', 'Unregistered'), ('invalid', 'App removed')], default='active', max_length=12)),
                ('reg_seq', models.BigIntegerField(default=0)),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('token_updated_at', models.DateTimeField(blank=True, null=True)),
                ('invalid_at', models.DateTimeField(blank=True, null=True)),
                ('invalid_reason', models.CharField(blank=True, default='', max_length=40)),
                ('bucket', models.PositiveSmallIntegerField()),
                ('perm_system', models.CharField(choices=[('not_determined', 'Not asked yet'), ('denied', 'Denied'), ('authorized', 'Allowed'), ('provisional', 'Quietly'), ('ephemeral', 'For a short while'), ('unknown', 'Never reported')], default='unknown', max_length=14)),
                ('perm_rationale', models.BooleanField(blank=True, null=True)),
                ('perm_denials', models.PositiveSmallIntegerField(default=0)),
                ('perm_prompts_shown', models.PositiveSmallIntegerField(default=0)),
                ('perm_dismissals', models.PositiveSmallIntegerField(default=0)),
                ('perm_alert', models.BooleanField(blank=True, null=True)),
                ('perm_sound', models.BooleanField(blank=True, null=True)),
                ('perm_badge', models.BooleanField(blank=True, null=True)),
                ('perm_channels', models.JSONField(blank=True, null=True)),
                ('perm_known', models.BooleanField(default=False)),
                ('perm_ambiguous', models.BooleanField(default=False)),
                ('perm_source', models.CharField(blank=True, default='', max_length=8)),
                ('perm_changed_at', models.DateTimeField(blank=True, null=True)),
                ('perm_reported_at', models.DateTimeField(blank=True, null=True)),
                ('opted_out', models.BooleanField(default=False)),
                ('opted_out_at', models.DateTimeField(blank=True, null=True)),
                ('perm_status', models.CharField(choices=[('should_request', 'Not asked yet'), ('should_explain_then_request', 'Explain, then ask'), ('granted', 'Allowed'), ('denied', 'Notifications are off')], default='should_request', max_length=28)),
                ('asks_left', models.PositiveSmallIntegerField(default=0)),
                ('deliverable', models.BooleanField(default=True)),
                ('notification_types', models.SmallIntegerField(default=1)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='IdentitySecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('value', models.JSONField()),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='AppUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.CharField(max_length=128, unique=True)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('aliases', models.JSONField(blank=True, default=list)),
                ('tags', models.JSONField(blank=True, default=list)),
                ('locale', models.CharField(blank=True, default='', max_length=35)),
                ('timezone', models.CharField(blank=True, default='', max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('user_id', ''), _negated=True), name='user_id_not_blank')],
            },
        ),
        migrations.CreateModel(
            name='Audience',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('description', models.CharField(blank=True, default='', max_length=200)),
                ('rules', models.JSONField(default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='PromptSession',
            fields=[
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='prompt_session', serialize=False, to='devices.device')),
                ('session_id', models.CharField(max_length=64)),
                ('owner_pk', models.BigIntegerField(blank=True, null=True)),
                ('members', models.JSONField(default=dict)),
                ('started_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='device',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='devices', to='devices.appuser'),
        ),
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('type', models.CharField(max_length=40)),
                ('facts', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('taken_at', None)), fields=['id'], name='outbox_open'), models.Index(fields=['at'], name='outbox_age')],
            },
        ),
        migrations.CreateModel(
            name='PermissionAsk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prompt_id', models.CharField(blank=True, default='', max_length=40)),
                ('alert', models.BooleanField(blank=True, null=True)),
                ('sound', models.BooleanField(blank=True, null=True)),
                ('badge', models.BooleanField(blank=True, null=True)),
                ('shown_at', models.DateTimeField()),
                ('result', models.CharField(blank=True, default='', max_length=10)),
                ('dialog_shown', models.BooleanField(blank=True, null=True)),
                ('elapsed_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='devices.device')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PermissionEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('before', models.CharField(blank=True, default='', max_length=28)),
                ('after', models.CharField(blank=True, default='', max_length=28)),
                ('source', models.CharField(blank=True, default='', max_length=8)),
                ('facts', models.JSONField(blank=True, default=dict)),
                ('applied', models.BooleanField(default=True)),
                ('event_id', models.CharField(blank=True, default='', max_length=64)),
                ('prompt_id', models.CharField(blank=True, default='', max_length=40)),
                ('observed_at', models.DateTimeField(blank=True, null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='permission_events', to='devices.device')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Prompt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('live', 'Live'), ('paused', 'Paused'), ('archived', 'Archived')], default='draft', max_length=8)),
                ('priority', models.SmallIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(max_length=80)),
                ('body', models.CharField(blank=True, default='', max_length=500)),
                ('image', models.CharField(blank=True, default='', max_length=500)),
                ('accept_label', models.CharField(max_length=30)),
                ('dismiss_label', models.CharField(max_length=30)),
                ('layout', models.CharField(choices=[('modal', 'Modal'), ('banner', 'Banner'), ('card', 'Card'), ('fullscreen', 'Full screen')], default='modal', max_length=10)),
                ('locales', models.JSONField(blank=True, default=dict)),
                ('fallback_to_settings', models.BooleanField(default=True)),
                ('platforms', models.JSONField(default=devices.models.prompts.both_platforms)),
                ('min_app_version', models.CharField(blank=True, default='', max_length=32)),
                ('max_app_version', models.CharField(blank=True, default='', max_length=32)),
                ('include_provisional', models.BooleanField(default=True)),
                ('include_opted_out', models.BooleanField(default=False)),
                ('triggers', models.JSONField(default=devices.models.prompts.at_app_open)),
                ('frequency', models.CharField(choices=[('once', 'Only once'), ('every_time', 'Every time'), ('multiple', 'Multiple times')], default='multiple', max_length=10)),
                ('max_displays', models.PositiveSmallIntegerField(default=9999)),
                ('gap_seconds', models.PositiveIntegerField(default=1209600)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('holdout_pct', models.PositiveSmallIntegerField(default=0)),
                ('pause_share', models.PositiveSmallIntegerField(blank=True, default=60, null=True)),
                ('pause_min_asks', models.PositiveIntegerField(default=100)),
                ('live_at', models.DateTimeField(blank=True, null=True)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('paused_reason', models.CharField(blank=True, default='', max_length=12)),
                ('asks_before', models.PositiveIntegerField(default=0)),
                ('burned_before', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('audience', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prompts', to='devices.audience')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-priority', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PromptDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('platform', models.CharField(choices=[('ios', 'iOS'), ('android', 'Android')], max_length=7)),
                ('day', models.DateField()),
                ('eligible', models.IntegerField(default=0)),
                ('eligible_allowed', models.IntegerField(default=0)),
                ('held_out', models.IntegerField(default=0)),
                ('held_out_allowed', models.IntegerField(default=0)),
                ('shown', models.IntegerField(default=0)),
                ('tapped', models.IntegerField(default=0)),
                ('asked', models.IntegerField(default=0)),
                ('granted', models.IntegerField(default=0)),
                ('sent_to_settings', models.IntegerField(default=0)),
                ('recovered', models.IntegerField(default=0)),
                ('opted_in', models.IntegerField(default=0)),
                ('converted', models.IntegerField(default=0)),
                ('impressions', models.IntegerField(default=0)),
                ('clicks', models.IntegerField(default=0)),
                ('dismissals', models.IntegerField(default=0)),
                ('asks', models.IntegerField(default=0)),
                ('grants', models.IntegerField(default=0)),
                ('burned', models.IntegerField(default=0)),
                ('swiped', models.IntegerField(default=0)),
                ('settings_opened', models.IntegerField(default=0)),
                ('prompt', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='devices.prompt')),
            ],
            options={
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='PromptEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=64)),
                ('type', models.CharField(choices=[('impression', 'Shown'), ('click', 'Tapped'), ('dismiss', 'Dismissed'), ('system_prompt_shown', 'System dialog shown'), ('system_prompt_result', 'System dialog answered'), ('settings_opened', 'Settings opened'), ('settings_returned', 'Back from the settings'), ('opt_in', 'Opted in')], max_length=20)),
                ('version', models.PositiveIntegerField()),
                ('platform', models.CharField(choices=[('ios', 'iOS'), ('android', 'Android')], max_length=7)),
                ('result', models.CharField(blank=True, default='', max_length=14)),
                ('detail', models.CharField(blank=True, default='', max_length=20)),
                ('dialog_shown', models.BooleanField(blank=True, null=True)),
                ('elapsed_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('session_id', models.CharField(blank=True, default='', max_length=64)),
                ('asks', models.SmallIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='prompt_events', to='devices.device')),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='devices.prompt')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PromptState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(choices=[('ios', 'iOS'), ('android', 'Android')], max_length=7)),
                ('held_out', models.BooleanField(default=False)),
                ('eligible_at', models.DateTimeField(blank=True, null=True)),
                ('eligible_version', models.PositiveIntegerField(default=1)),
                ('displays', models.PositiveIntegerField(default=0)),
                ('first_display_at', models.DateTimeField(blank=True, null=True)),
                ('last_display_at', models.DateTimeField(blank=True, null=True)),
                ('last_session', models.CharField(blank=True, default='', max_length=64)),
                ('slice_version', models.PositiveIntegerField(default=1)),
                ('slice_at', models.DateTimeField(blank=True, null=True)),
                ('last_event', models.CharField(blank=True, choices=[('impression', 'Shown'), ('click', 'Tapped'), ('dismiss', 'Dismissed'), ('system_prompt_shown', 'System dialog shown'), ('system_prompt_result', 'System dialog answered'), ('settings_opened', 'Settings opened'), ('settings_returned', 'Back from the settings'), ('opt_in', 'Opted in')], default='', max_length=20)),
                ('last_event_at', models.DateTimeField(blank=True, null=True)),
                ('clicks', models.PositiveIntegerField(default=0)),
                ('dismissals', models.PositiveIntegerField(default=0)),
                ('dialogs_told', models.PositiveIntegerField(default=0)),
                ('answers', models.PositiveIntegerField(default=0)),
                ('unshown', models.PositiveIntegerField(default=0)),
                ('denials', models.PositiveIntegerField(default=0)),
                ('granted_at', models.DateTimeField(blank=True, null=True)),
                ('settings_opened_at', models.DateTimeField(blank=True, null=True)),
                ('recovered_at', models.DateTimeField(blank=True, null=True)),
                ('opted_in_at', models.DateTimeField(blank=True, null=True)),
                ('allowed_at', models.DateTimeField(blank=True, null=True)),
                ('converted_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='prompt_states', to='devices.device')),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='states', to='devices.prompt')),
            ],
        ),
        migrations.CreateModel(
            name='PromptVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('fields', models.JSONField()),
                ('made_by', models.CharField(blank=True, default='', max_length=150)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='devices.prompt')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='RegistrationEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('register', 'Registered'), ('takeover', 'Taken over by another user'), ('token_moved', 'Token moved to another device'), ('unregister', 'Unregistered'), ('unregister_noop', 'Unregister asked, nothing done'), ('invalidated', 'App removed'), ('revived', 'Registered again'), ('over_quota', 'Made room for a newer phone')], max_length=16)),
                ('actor', models.CharField(choices=[('client', 'the app'), ('server', 'a server key'), ('console', 'the console'), ('sender', "FCM's answer")], max_length=8)),
                ('request_id', models.CharField(blank=True, default='', max_length=40)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='devices.device')),
                ('user_after', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='registrations', to='devices.appuser')),
                ('user_before', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='devices.appuser')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='TestDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='testers', to='devices.device')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='test_devices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('client', 'Client key'), ('server', 'Server key')], max_length=6)),
                ('name', models.CharField(max_length=80)),
                ('public_id', models.CharField(max_length=8, unique=True)),
                ('secret_hash', models.CharField(max_length=64)),
                ('shown', models.CharField(blank=True, default='', max_length=80)),
                ('scopes', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'client'), ('shown', ''), _connector='OR'), name='server_keys_never_shown')],
            },
        ),
        migrations.CreateModel(
            name='AudienceMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='devices.audience')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='devices.appuser')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('audience', 'user'), name='one_membership')],
            },
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['state', 'platform', 'id'], name='device_walk'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['last_seen_at'], name='device_seen'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('bucket__lt', 10000)), name='bucket_in_range'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('token', ''), _negated=True), name='token_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('device_id', ''), _negated=True), name='device_id_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('platform__in', ['ios', 'android'])), name='platform_known'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'unregistered', 'invalid'])), name='state_known'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'active'), ('token', None), _connector='OR'), name='token_only_if_active'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('token', None), ('token_sha256', None)), models.Q(('token__isnull', False), ('token_sha256__isnull', False)), _connector='OR'), name='token_has_its_hash'),
        ),
        migrations.AddIndex(
            model_name='permissionask',
            index=models.Index(condition=models.Q(('result', '')), fields=['shown_at'], name='asks_open'),
        ),
        migrations.AddIndex(
            model_name='permissionevent',
            index=models.Index(fields=['device', 'kind', '-at'], name='permission_history'),
        ),
        migrations.AddConstraint(
            model_name='permissionevent',
            constraint=models.UniqueConstraint(condition=models.Q(('event_id', ''), _negated=True), fields=('device', 'event_id'), name='permission_event_once'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'live', 'paused', 'archived'])), name='prompt_status_known'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.CheckConstraint(condition=models.Q(('holdout_pct__lte', 50)), name='prompt_holdout_small'),
        ),
        migrations.AddConstraint(
            model_name='promptday',
            constraint=models.UniqueConstraint(fields=('prompt', 'day', 'version', 'platform'), name='one_prompt_day'),
        ),
        migrations.AddConstraint(
            model_name='promptevent',
            constraint=models.UniqueConstraint(fields=('device', 'event_id'), name='one_prompt_event'),
        ),
        migrations.AddConstraint(
            model_name='promptstate',
            constraint=models.UniqueConstraint(fields=('device', 'prompt'), name='one_prompt_state'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(fields=('prompt', 'number'), name='one_prompt_version'),
        ),
        migrations.AddIndex(
            model_name='registrationevent',
            index=models.Index(condition=models.Q(('user_after__isnull', False)), fields=['user_after', '-id'], name='registrations_of_user'),
        ),
        migrations.AddConstraint(
            model_name='testdevice',
            constraint=models.UniqueConstraint(fields=('staff', 'device'), name='one_test_device'),
        ),
        migrations.RunPython(make_search, drop_search),
    ]
