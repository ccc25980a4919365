"""When operators are told, and which of them; apart, because building mail is slow to import."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from config import Settings
from domain.alerts import AlertPolicy
from domain.people import Role
from store.users import list_users


def alert_policy(settings: Settings) -> AlertPolicy:
    """When alerts open and close, and what is late, by the settings."""
    alerts = settings.alerts
    return AlertPolicy(
        open_after=alerts.open_after,
        close_after=alerts.close_after,
        visit_grace=timedelta(hours=alerts.visit_grace_hours),
        graces={
            "weekly_report": timedelta(hours=alerts.weekly_report_grace_hours),
            "assess": timedelta(hours=alerts.assess_grace_hours),
        },
    )


def list_recipients(session: Session, settings: Settings) -> list[str]:
    """Who hears of alerts: those in the settings, else every operator."""
    if settings.alerts.recipients:
        return list(dict.fromkeys(settings.alerts.recipients))
    return [user.address for user in list_users(session) if user.role is Role.OPERATOR]
