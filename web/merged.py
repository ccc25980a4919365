"""Old addresses of records that were merged: they lead to the record that is shown instead."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from store.engine import asking
from store.merging import shown_as
from web.site import site

MOVED, MOVED_WITH_FORM = 301, 308


def lead_on() -> Response | None:
    """Where the same page of the other record is; nothing where the record stands for itself.

    For `before_request` of all pages that name a community: page, JSON, badge and frame alike.
    """
    slug = (request.view_args or {}).get("slug")
    if slug is None or request.endpoint is None:
        return None
    with asking(site().engine) as s:
        other = shown_as(s, slug)
    if other is None:
        return None
    fields = request.args.to_dict(flat=False) | (request.view_args or {}) | {"slug": other}
    code = MOVED if request.method in ("GET", "HEAD") else MOVED_WITH_FORM
    return redirect(url_for(request.endpoint, **fields), code)
