"""Signs of a domain that belongs to somebody who only sells it, or its visitors.

A sign is a parking company's script, or words of a sale on a very short page. A short page with
nothing but the domain's name for a title is only suspect: `looks_parked` waits for a second sign,
the same page for an address that cannot exist (`crawler.elsewhere`).
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

from crawler.formats.addresses import urlsplit

_SCAN = 65_536
_PARKED_LENGTH = 1_500
_VERY_SHORT = 400
_SCRIPTS = re.compile(
    rb"(?:src|href|action)=[\"'][^\"']*(?:parkingcrew\.(?:net|com)|sedoparking\.com|(?:\.|/)bodis\.com"
    rb"|parklogic\.com|(?:\.|/)above\.com/|hugedomains\.com|(?:\.|/)afternic\.com|(?:\.|/)dan\.com/"
    rb"|parkingpage\.namecheap\.com|parking-lander|(?:\.|/)domainmarket\.com|skenzo\.com"
    rb"|undeveloped\.com|voodoo\.com|d38psrni17bvxu\.cloudfront\.net|(?:\.|/)sedo\.com/search)"
    rb"|window\.(?:park|_park|parkingData)\s*=|data-adblockkey=[\"']MFwwDQYJKoZIhvc",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"\b(?:this|the)\s+(?:web\s+)?(?:domain|address)(?:\s+name)?\s+(?:is|may\s+be|could\s+be)\s+"
    r"(?:now\s+)?(?:for\s+sale|available\s+for\s+(?:sale|purchase)|parked|yours)"
    r"|\S+\.[a-z]{2,}\s+(?:domain\s+(?:name\s+)?)?(?:is|may\s+be)\s+(?:listed\s+)?for\s+sale\b"
    r"|\bbuy\s+this\s+domain\b|\bmake\s+an?\s+offer\s+(?:on|for)\s+this\s+domain\b"
    r"|\bdomain\s+(?:name\s+)?(?:is\s+)?(?:parked|has\s+expired|expired)\b|\bparked\s+(?:free|domain)\b"
    r"|\b(?:this\s+)?domain\s+(?:was|has\s+been)\s+recently\s+registered\b|\bdomain\s+parking\b"
    r"|\b(?:ce|le)\s+(?:nom\s+de\s+)?domaine\s+(?:est|peut\s+être)\s+(?:à\s+vendre|en\s+vente)"
    r"|\bnom\s+de\s+domaine\s+(?:est\s+)?à\s+vendre\b|\bdomaine\s+(?:expiré|parqué)\b"
    r"|\b(?:este|el)\s+(?:nombre\s+de\s+)?dominio\s+(?:est[áa]|puede\s+estar)\s+(?:en|a\s+la)\s+venta"
    r"|\bdominio\s+(?:en\s+venta|aparcado|estacionado|caducado)\b|\bcompr[ae]\s+este\s+dominio\b"
    r"|\b(?:este|o)\s+(?:nome\s+de\s+)?dom[íi]nio\s+(?:est[áa]|pode\s+estar)\s+[àa]\s+venda\b"
    r"|\bdom[íi]nio\s+(?:[àa]\s+venda|estacionado|expirado)\b|\bcompr[ae]r?\s+este\s+dom[íi]nio\b"
    r"|\bdiese\s+domain\s+(?:steht\s+zum\s+verkauf|kaufen)\b",
    re.IGNORECASE,
)


def find_parked(soup: BeautifulSoup, body: bytes) -> str | None:
    """The words or script by which a page shows that its domain is only for sale."""
    if _SCRIPTS.search(body[:_SCAN]):
        return "a script of a domain parking company"
    text = " ".join(soup.get_text(" ").split())
    match = _WORDS.search(text) if len(text) <= _PARKED_LENGTH else None
    return match.group(0) if match else None


def looks_parked(soup: BeautifulSoup, url: str) -> bool:
    """True for a very short page whose title is the bare name of the host at `url`."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    title = soup.title.get_text(" ").strip().lower() if soup.title else ""
    bare = title.removeprefix("www.").rstrip("/. ")
    return bool(host) and bare == host and len(" ".join(soup.get_text(" ").split())) <= _VERY_SHORT
