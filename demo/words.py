"""Invented people, subjects and sentences for the made-up archives, by language."""

from __future__ import annotations

from collections.abc import Mapping

GIVEN_NAMES = (
    "Amina", "Björn", "Chinwe", "Dilnoza", "Élodie", "Farid", "Grace", "Hussein", "Ines", "Jomo",
    "Kavita", "Lerato", "Mariam", "Nuno", "Olga", "Paulo", "Quynh", "Rosa", "Samuel", "Thandiwe",
    "Ülle", "Valentina", "Wanjiru", "Ximena", "Yusuf", "Zeynep",
)  # fmt: skip

FAMILY_NAMES = (
    "Abara", "Benítez", "Castelo", "Dhillon", "Eklund", "Fofana", "Gathoni", "Haddad", "Iqbal",
    "Joubert", "Kimani", "Lindqvist", "Mwangi", "Ndiaye", "Okafor", "Pereira", "Quispe", "Rahman",
    "Silva", "Tadesse", "Urbina", "Villar", "Wekesa", "Yılmaz", "Zongo",
)  # fmt: skip

# Hours east of Greenwich that the writers' clocks show.
CLOCK_OFFSETS_MINUTES = (0, 60, 120, 180, 330, 345, 420, -180, -300)

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Stock-outs of oral rehydration salts",
        "How do you supervise community health workers?",
        "Draft guidance on newborn care at home: comments wanted",
        "Cold chain without reliable power",
        "Counting births that no clinic sees",
        "Experience with mother-to-mother groups?",
        "Question about growth monitoring cards",
        "Measles campaign: lessons from last season",
        "Paying volunteers: yes or no?",
        "Water quality kits that survive the rains",
        "Referral slips that come back",
        "Training midwives when nobody can travel",
        "Asthma inhalers at district level",
        "A small survey on handwashing",
        "Translating consent forms",
        "Blood pressure checks at the market",
        "Reading club: task sharing in surgery",
        "Who has a simple stock card?",
    ),
    "fr": (
        "Rupture de stock de sels de réhydratation",
        "Supervision des agents de santé communautaires",
        "Chaîne du froid sans électricité",
        "Expériences avec les groupes de mères ?",
        "Enquête sur le lavage des mains",
        "Campagne contre la rougeole : leçons apprises",
        "Fiches de référence qui ne reviennent pas",
        "Former les sages-femmes à distance",
    ),
    "es": (
        "Falta de sales de rehidratación",
        "Supervisión de promotores de salud",
        "Cadena de frío sin electricidad",
        "¿Experiencias con grupos de apoyo mutuo?",
        "Encuesta sobre lavado de manos",
        "Salud mental después de la inundación",
        "Formación de parteras a distancia",
        "Acompañamiento a familias en duelo",
    ),
}

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "From what we saw in our district, the forms help only when somebody reads them.",
        "We tried this for a year with eleven health posts and stopped twice.",
        "The nurses asked for one page, not for twelve.",
        "I can share our template if it is of use to others.",
        "Transport was the bottleneck, not the medicine.",
        "Has anybody measured this before and after?",
        "In our hills the radio still reaches more people than the phone.",
        "Our mothers' group meets under the mango tree every second Friday.",
        "It costs us about as much as one workshop.",
        "Please tell me where I am wrong.",
    ),
    "fr": (
        "Dans notre district, les fiches n'aident que si quelqu'un les lit.",
        "Nous avons essayé pendant un an avec onze postes de santé.",
        "Je peux partager notre modèle s'il est utile à d'autres.",
        "Le transport était le goulot, pas le médicament.",
        "Quelqu'un a-t-il mesuré cela avant et après ?",
        "Merci de me dire où je me trompe.",
    ),
    "es": (
        "En nuestro distrito las fichas ayudan solo si alguien las lee.",
        "Lo intentamos durante un año con once puestos de salud.",
        "Puedo compartir nuestro modelo si les sirve.",
        "El problema era el transporte, no la medicina.",
        "¿Alguien lo ha medido antes y después?",
        "Díganme por favor en qué me equivoco.",
    ),
}

ANNOUNCEMENTS = (
    "Newsletter of the secretariat",
    "New publications in our library",
    "Call for abstracts",
    "Webinar invitation",
    "Monthly bulletin",
    "Vacancies and tenders",
    "Training calendar",
)

SPAM_SUBJECTS = (
    "You have been chosen for a prize",
    "Watches at a tenth of the price",
    "Work from home and earn more",
    "Your mailbox is almost full",
    "Loans without questions",
    "Lose weight while you sleep",
    "Lonely hearts near you",
    "Urgent business proposal",
)

SPAM_SENTENCES = (
    "Act now, this offer ends today.",
    "No risk, no questions, no waiting.",
    "Thousands of happy customers already know.",
    "Reply with your details to receive your share.",
)
