"""What translations of Mailman 2 write on the pages of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip
SPANISH_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """What one translation of Mailman 2 writes on its pages."""

    title: str
    months: tuple[str, ...]
    views: tuple[str, str, str, str]
    table: tuple[str, str, str]
    gzipped: str
    plain: str
    labels: tuple[str, str, str]
    at: str
    charset: str
    nothing: str


TONGUES: Mapping[str, Tongue] = {
    "en": Tongue(
        title="The {name} Archives",
        months=MONTH_NAMES,
        views=("Thread", "Subject", "Author", "Date"),
        table=("Archive", "View by:", "Downloadable version"),
        gzipped="Gzip'd Text",
        plain="Text",
        labels=("Starting:", "Ending:", "Messages:"),
        at="at",
        charset="us-ascii",
        nothing="No messages have been posted to this list yet, so the archives are\n"
        "     currently empty.",
    ),
    "fr": Tongue(
        title="Les Archives de {name}",
        months=FRENCH_MONTHS,
        views=("Enfilade", "Objet", "Auteur", "Date"),
        table=("Archives", "Afficher par :", "Version téléchargeable"),
        gzipped="Texte Gzip",
        plain="Texte",
        labels=("Début :", "Fin :", "Messages :"),
        at="at",
        charset="iso-8859-1",
        nothing="Aucun message n'a encore été envoyé sur cette liste, les archives sont vides.",
    ),
    "es": Tongue(
        title="Archivos de {name}",
        months=SPANISH_MONTHS,
        views=("Hilo", "Asunto", "Autor", "Fecha"),
        table=("Archivo", "Ver por:", "Versión para descargar"),
        gzipped="Texto Gzip",
        plain="Texto",
        labels=("Inicio:", "Fin:", "Mensajes:"),
        at="en",
        charset="iso-8859-1",
        nothing="Todavía no se ha enviado ningún mensaje a esta lista, los archivos están vacíos.",
    ),
}
