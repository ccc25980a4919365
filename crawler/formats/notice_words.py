"""The words of notices that a list moved or was closed, in the languages of the directory.

A notice needs its subject (the list, its archive, the group, "we"), its verb in a finished tense
and, for a move, nothing but words of places between verb and link. "We moved on to discuss", "the
meeting has been moved to Tuesday" and "we have moved house" each lack one of the three.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. Shape: regular expressions without flags, alternatives joined by `|`.

    `lists` can be nothing but a list or its archive; `places` are people or sites just as well,
    and so need a link right behind the verb. `points` say outright where the new place is.
    """

    lists: str
    places: str
    moved: str
    points: str
    filler: str
    closed: str
    flags: str


def _join(*parts: str) -> str:
    return "|".join(f"(?:{part})" for part in parts)


# What may stand between a subject and its verb: the list's own name, and more in brackets.
NAME = r"(?:\s+[\"“«]?(?-i:[A-Z][\w.@-]*|[\w.-]+@[\w.-]+|\w+-[lL])[\"”»]?)?(?:\s*\([^)]{1,60}\))?"

ENGLISH_LIST = (
    r"(?:(?:e-?mail|mailing|discussion|distribution)[\s-]+lists?|list-?servs?|lists?"
    r"|(?:discussion|web|online)\s+forums?|(?:mailing[\s-]+|e-?mail\s+|list\s+)?archives?)"
)
ENGLISH_PLACE = (
    r"(?:(?:discussion|e-?mail|google|yahoo|mailing|online)\s+groups?"
    r"|(?:(?:this|our|the)\s+)(?:(?:whole|entire|old|public|(?-i:[A-Z][\w-]*))\s+)?"
    r"(?:group|forums?|community|network|(?:message\s+)?board|(?:web\s?)?site|(?:web\s?)?page|blog"
    r"|feed|newsletter)|discussions?|conversations?|everything|we|it)"
)
ENGLISH = Words(
    lists=ENGLISH_LIST,
    places=ENGLISH_PLACE,
    moved=(
        r"(?:has|have|is|are|was|were|'s|'ve)\s+(?:(?:been|now|just|recently|since|permanently|all"
        r"|officially|already)\s+)*(?:moved|migrated|relocated|transferred|transitioned|switched"
        r"\s+over|switched)|(?:moved|migrated|relocated)(?=\s+(?:\w+ly\s+)?to\b)"
        r"|has\s+(?:a\s+)?(?:new|changed\s+(?:its\s+)?)\s*(?:web\s+)?(?:home|address)"
    ),
    points=_join(
        r"(?:the|our|its|this\s+list's)\s+(?:current|active|live)\s+(?:list\s+)?archives?"
        r"(?:\s+(?:of|for)\s+(?:this|the)\s+[\w-]+)?\s+(?:is|are|can\s+be\s+found|lives?)",
        r"new\s+(?:web\s+)?(?:home|address|location)\s+(?:of|for)\s+(?:this|the|our)\s+"
        r"(?:\w+\s+)?(?:list|archives?|group|forum|community)(?:\s+archives?)?\s*(?:is|:|are)",
        r"(?:the|our|its)\s+new\s+(?:(?:mailing|discussion)\s+list|list|archives?|forum|group)"
        r"(?:\s+(?:address|home|location|archive))?\s*(?:is|are|lives?|can\s+be\s+found|:)",
        r"(?:list|archives?|forum|group|community|discussions?|it)\s+(?:is\s+|are\s+)?now\s+"
        r"(?:lives?|hosted|located|resides?|found|held|kept|available|continues?|run)\s+(?:at|on|by)",
        r"(?:list|archives?|forum|group)\s+(?:has\s+been|was|is)\s+"
        r"(?:replaced\s+by|superseded\s+by|succeeded\s+by|merged\s+into|continued\s+(?:at|on))",
        r"(?:please\s+)?(?:use|join|subscribe\s+to|go\s+to|visit|see)\s+(?:the|our)\s+new\s+"
        r"(?:mailing\s+|discussion\s+)?(?:list|archives?|forum|group)",
    ),
    filler=(
        "to onto over on at a an the our its their your this that these new another different"
        " other following permanently now recently completely fully from by as of since with under"
        " in it is are has have been be and can may will found see please visit use go here there"
        " below address addresses home location place platform provider server servers host hosts"
        " hosting hosted site website web webpage page list lists listserv mailing mail email"
        " e-mail discussion discussions group groups forum forums archive archives service system"
        " software domain url link links account community instance space available located all"
        " update bookmarks bookmark subscribe online public free date effective version old older"
        " current currently so click for us"
    ),
    closed=_join(
        rf"(?:this|the|our)\s+(?:[\w-]+\s+)?(?:{ENGLISH_LIST}|group|forum|community|board"
        rf"|newsletter|category)s?{NAME}\s+"
        r"(?:(?:is|was|has\s+been|have\s+been|are|were)\s+"
        r"(?:(?:now|been|officially|permanently|since|also|formally|finally)\s+)*"
        r"(?:closed(?:\s+down)?|shut\s+down|discontinued|retired|decommissioned|terminated"
        r"|disbanded|frozen|(?:set\s+to\s+|made\s+|in\s+)?read-?\s?only(?:\s+mode)?"
        r"|no\s+longer\s+(?:active|in\s+use|maintained|in\s+operation))"
        r"|(?:has\s+been|have\s+been|was|is\s+now|are\s+now)\s+"
        r"(?:(?:now|officially|permanently)\s+)*archived"
        r"|has\s+(?:now\s+)?(?:closed|ended|shut\s+down|ceased\s+(?:operation|to\s+exist))"
        r"|no\s+longer\s+(?:accepts?|takes?)\s+(?:any\s+)?(?:new\s+)?(?:posts?|postings|messages"
        r"|mail))",
        rf"(?:this|the)\s+{ENGLISH_LIST}\s+is\s+archived\s+and\s+(?:closed|read-?\s?only)",
        rf"this\s+is\s+an?\s+(?:archived|discontinued|retired)\s+(?:{ENGLISH_LIST}|group|forum)",
    ),
    flags=_join(
        r"(?:this\s+)?(?:mailing\s+|discussion\s+)?(?:list|group|forum|archive|board)\s+"
        r"(?:is\s+)?(?:now\s+)?(?:closed|archived|read-?\s?only|frozen)",
        r"(?:archived|read-?\s?only|frozen)\s+(?:mailing\s+|discussion\s+)?(?:list|group|forum)",
    ),
)

FRENCH_LIST = (
    r"(?:listes?(?:\s+(?:de\s+(?:diffusion|discussion|messagerie)|d'[ée]change|mail))?"
    r"|forums?\s+de\s+discussion|archives?(?:\s+de\s+la\s+liste)?)"
)
FRENCH_PLACE = (
    r"(?:(?:ce|le|notre|cette|la)\s+(?:groupe|forum|communauté|réseau|site|page|blog)|nous|elle|il"
    r"|les\s+(?:discussions|échanges))"
)
FRENCH = Words(
    lists=FRENCH_LIST,
    places=FRENCH_PLACE,
    moved=(
        r"(?:a|ont|avons|est|sont|s'est|se\s+sont)\s+(?:(?:maintenant|désormais|définitivement|été"
        r"|récemment|aussi|depuis)\s+)*(?:d[ée]m[ée]nag[ée](?:e?s?)|migr[ée]e?s?|transf[ée]r[ée]e?s?"
        r"|d[ée]plac[ée]e?s?|bascul[ée]e?s?|chang[ée]\s+(?:d'adresse|de\s+serveur|d'hébergeur))"
    ),
    points=_join(
        r"(?:nouvelle\s+adresse|nouvel\s+emplacement|nouveau\s+(?:site|serveur))\s+"
        r"(?:de\s+(?:la|cette|notre)\s+(?:liste|archive|communauté)|du\s+(?:groupe|forum)"
        r"|des\s+archives)(?:\s+de\s+\w+)?\s*(?:est|sont|:|se\s+trouve)",
        r"(?:notre|la)\s+nouvelle\s+(?:adresse|liste)\s*(?:est|:|se\s+trouve)",
        r"(?:les\s+archives\s+actuelles|l'archive\s+actuelle)\s+(?:sont|est|se\s+trouven?t?)",
        r"(?:liste|archives?|forum|groupe|elle|il)\s+(?:se\s+trouven?t?|est|sont)\s+"
        r"(?:désormais|maintenant|dorénavant|à\s+présent)"
        r"(?:\s+(?:hébergée?s?|accessibles?|disponibles?|situ[ée]e?s?))?\s+(?:à|sur|ici|chez)",
        r"(?:liste|archives?|forum|groupe)\s+(?:a|ont)\s+été\s+(?:remplacée?s?\s+par|repris(?:es?)?"
        r"\s+(?:sur|par)|fusionnée?s?\s+avec)",
        r"(?:rejoignez|utilisez|consultez|inscrivez-vous\s+(?:à|sur))\s+(?:la|notre)\s+nouvelle\s+"
        r"liste",
    ),
    filler=(
        "à a au aux vers sur chez le la les l' un une des de du d' notre nos votre vos sa son leur"
        " cette ce ces nouvelle nouveau nouvel autre adresse site serveur serveurs plateforme"
        " plate-forme hébergement hébergeur emplacement lieu liste listes groupe groupes forum"
        " forums archives archive domaine web internet page lien suivant suivante ici là et est"
        " sont elle il se trouve trouvent désormais maintenant définitivement disponible"
        " disponibles accessible accessibles veuillez voir consulter consultez rendez-vous"
        " rejoignez merci mettre jour favoris signets diffusion discussion par en depuis cliquez"
        " adresses service logiciel système hébergée hébergé retrouvez retrouvez-nous nous"
        " espace ligne"
    ),
    closed=_join(
        rf"(?:cette|la|notre|ce|le|les|ces)\s+(?:{FRENCH_LIST}|groupe|forum|communauté){NAME}\s+"
        r"(?:est|a\s+été|sont|ont\s+été)\s+"
        r"(?:(?:maintenant|désormais|définitivement|officiellement|à\s+présent)\s+)*"
        r"(?:fermée?s?|clos(?:es?)?|archivée?s?|cl[ôo]turée?s?|arrêtée?s?|supprimée?s?"
        r"|désactivée?s?|gelée?s?|figée?s?|(?:passée?\s+)?en\s+lecture\s+seule|dissou[st]e?)",
        rf"(?:cette|la)\s+{FRENCH_LIST}\s+n'(?:est\s+plus\s+(?:active|utilisée|en\s+service)"
        r"|accepte\s+plus\s+(?:de\s+)?(?:nouveaux\s+)?(?:messages|envois))",
    ),
    flags=_join(
        r"(?:liste|groupe|forum|archives?)(?:\s+de\s+(?:diffusion|discussion))?\s+(?:est\s+)?"
        r"(?:désormais\s+)?(?:fermée?s?|close?|archivée?s?|en\s+lecture\s+seule|figée?s?)",
    ),
)

SPANISH_LIST = (
    r"(?:listas?(?:\s+de\s+(?:correos?|distribuci[óo]n|discusi[óo]n|difusi[óo]n))?"
    r"|foros?\s+de\s+(?:discusi[óo]n|debate)|archivos?(?:\s+de\s+la\s+lista)?)"
)
SPANISH_PLACE = (
    r"(?:(?:este|el|nuestro|esta|la|nuestra)\s+(?:grupo|foro|comunidad|red|sitio|p[áa]gina|blog))"
)
SPANISH = Words(
    lists=SPANISH_LIST,
    places=SPANISH_PLACE,
    moved=(
        r"(?:se\s+han?|han?\s+sido|nos\s+hemos|han?|fue|fueron)\s+"
        r"(?:(?:ya|ahora|recientemente|definitivamente)\s+)*(?:trasladad[oa]s?|mudad[oa]s?"
        r"|movid[oa]s?|migrad[oa]s?|transferid[oa]s?|cambiado\s+de\s+(?:direcci[óo]n|servidor"
        r"|sitio|lugar))|se\s+(?:traslad[óo]|mud[óo])(?=\s+a\b)|migr[óo](?=\s+a\b)"
    ),
    points=_join(
        r"nuev[ao]\s+(?:direcci[óo]n|sitio|ubicaci[óo]n|hogar|servidor)\s+"
        r"(?:de\s+(?:la|esta|nuestra)\s+(?:lista|comunidad)|del\s+(?:grupo|foro|archivo)"
        r"|de\s+los\s+archivos)(?:\s+de\s+\w+)?\s*(?:es|:|est[áa])",
        r"(?:la|nuestra)\s+nueva\s+(?:direcci[óo]n|lista)\s*(?:es|:|est[áa])",
        r"(?:el\s+archivo\s+actual|los\s+archivos\s+actuales)\s+(?:est[áa]n?|se\s+encuentran?)",
        r"(?:lista|archivos?|foro|grupo|comunidad)\s+(?:(?:ahora|actualmente)\s+"
        r"(?:se\s+encuentra|est[áa]n?|se\s+aloja)|(?:se\s+encuentra|est[áa]n?|se\s+aloja)\s+"
        r"(?:ahora|actualmente))(?:\s+(?:alojad[oa]s?|disponibles?))?\s+en",
        r"(?:lista|archivos?|foro|grupo)\s+(?:ha\s+sido|fue)\s+(?:reemplazad[oa]|sustituid[oa])\s+"
        r"por",
        r"(?:usen?|utilicen?|únan?se\s+a|suscr[íi]ban?se\s+a|visiten?)\s+(?:la|nuestra)\s+nueva\s+"
        r"lista",
    ),
    filler=(
        "a al en hacia el la los las un una unos de del su sus nuestra nuestro nuestros nuestras"
        " esta este estas estos nueva nuevo otra otro direcci[óo]n sitio servidor servidores"
        " plataforma lugar ubicaci[óo]n alojamiento lista listas grupo grupos foro foros archivo"
        " archivos dominio web p[áa]gina enlace siguiente aqu[íi] y es est[áa] están se encuentra"
        " encuentran ahora ya definitivamente disponible disponibles por favor consulte consulten"
        " visite visiten vea ver actualice sus marcadores favoritos correo distribuci[óo]n"
        " discusi[óo]n servicio sistema desde línea espacio casa hogar usted puede encontrarla"
        " encontrarlo"
    ),
    closed=_join(
        rf"(?:esta|la|nuestra|este|el|nuestro)\s+(?:{SPANISH_LIST}|grupo|foro|comunidad){NAME}\s+"
        r"(?:est[áa]|ha\s+sido|fue|se\s+ha|se\s+encuentra|qued[óo])\s+"
        r"(?:(?:ya|ahora|definitivamente|oficialmente|permanentemente)\s+)*"
        r"(?:cerrad[oa]|archivad[oa]|clausurad[oa]|desactivad[oa]|congelad[oa]|disuelt[oa]"
        r"|dad[oa]\s+de\s+baja|(?:en\s+(?:modo\s+(?:de\s+)?)?|de\s+)s[óo]lo\s+lectura)",
        rf"(?:esta|la)\s+{SPANISH_LIST}\s+(?:ya\s+no\s+(?:est[áa]\s+(?:activa|en\s+uso)|acepta\s+"
        r"(?:nuevos\s+)?mensajes)|cerr[óo]\s+definitivamente)",
    ),
    flags=_join(
        r"(?:lista|grupo|foro|archivo)(?:\s+de\s+\w+)?\s+(?:est[áa]\s+)?(?:cerrad[oa]|archivad[oa]"
        r"|(?:en\s+|de\s+)?s[óo]lo\s+lectura|congelad[oa]|clausurad[oa])",
    ),
)

PORTUGUESE_LIST = (
    r"(?:listas?(?:\s+de\s+(?:e-?mails?|correio|discuss[ãa]o|distribui[çc][ãa]o|difus[ãa]o))?"
    r"|f[óo]runs?\s+de\s+discuss[ãa]o|f[óo]rum\s+de\s+discuss[ãa]o|arquivos?(?:\s+da\s+lista)?)"
)
PORTUGUESE_PLACE = (
    r"(?:(?:este|o|nosso|esta|a|nossa)\s+(?:grupo|f[óo]rum|comunidade|rede|s[íi]tio|site|p[áa]gina"
    r"|blogu?e?)|n[óo]s)"
)
PORTUGUESE = Words(
    lists=PORTUGUESE_LIST,
    places=PORTUGUESE_PLACE,
    moved=(
        r"(?:foi|foram)\s+(?:(?:agora|j[áa]|recentemente|definitivamente)\s+)*(?:movid[oa]s?"
        r"|transferid[oa]s?|migrad[oa]s?|mudad[oa]s?|deslocad[oa]s?)"
        r"|(?:j[áa]\s+)?(?:se\s+)?(?:mudou|mudaram)(?:-se)?(?:\s+de\s+(?:endere[çc]o|servidor|site"
        r"|casa))?|(?:nos\s+)?mud[áa]mos(?:-nos)?|migr(?:ou|aram)|transferiu-se"
    ),
    points=_join(
        r"novo\s+(?:endere[çc]o|site|s[íi]tio|local|servidor)\s+"
        r"(?:(?:da|desta|de\s+nossa)\s+(?:lista|comunidade)|do\s+(?:grupo|f[óo]rum|arquivo)"
        r"|dos\s+arquivos)(?:\s+de\s+\w+)?\s*(?:[ée]|:|est[áa])",
        r"(?:o|nosso)\s+novo\s+endere[çc]o\s*(?:[ée]|:|est[áa])",
        r"(?:a|nossa)\s+nova\s+lista\s*(?:[ée]|:|est[áa])",
        r"(?:o\s+arquivo\s+atual|o\s+arquivo\s+actual|os\s+arquivos\s+at?c?uais)\s+"
        r"(?:est[áãa]o?|encontra[m]?-se)",
        r"(?:lista|arquivos?|f[óo]rum|grupo|comunidade)\s+(?:agora\s+(?:est[áa]|fica|se\s+encontra)"
        r"|(?:est[áa]|encontra-se|fica|est[ãa]o)\s+agora)"
        r"(?:\s+(?:alojad[oa]s?|hospedad[oa]s?|dispon[íi](?:vel|veis)))?\s+em",
        r"(?:lista|arquivos?|f[óo]rum|grupo)\s+foi\s+substitu[íi]d[oa]\s+por",
        r"(?:usem?|utilizem?|juntem?-se\s+[àa]|inscrevam?-se\s+na|visitem?)\s+(?:a|nossa)\s+nova\s+"
        r"lista",
    ),
    filler=(
        "para a à ao aos às em no na nos nas o os as um uma de do da dos das seu sua nosso nossa"
        " nossos nossas este esta neste nesta novo nova outro outra endere[çc]o s[íi]tio site"
        " servidor servidores plataforma local lugar alojamento hospedagem lista listas grupo"
        " grupos f[óo]rum f[óo]runs arquivo arquivos dom[íi]nio web p[áa]gina link liga[çc][ãa]o"
        " seguinte aqui e [ée] est[áa] est[ãa]o agora j[áa] definitivamente dispon[íi]vel"
        " dispon[íi]veis por favor consulte consultem visite visitem veja ver atualize favoritos"
        " correio e-mail discuss[ãa]o distribui[çc][ãa]o servi[çc]o sistema desde linha espa[çc]o"
        " casa encontra-se encontram-se pode ser encontrada encontrado acesse aceda"
    ),
    closed=_join(
        rf"(?:esta|a|nossa|este|o|nosso)\s+(?:{PORTUGUESE_LIST}|grupo|f[óo]rum|comunidade){NAME}"
        r"\s+(?:est[áa]|foi|encontra-se)\s+"
        r"(?:(?:agora|j[áa]|definitivamente|oficialmente|permanentemente)\s+)*"
        r"(?:encerrad[oa]|fechad[oa]|arquivad[oa]|desativad[oa]|desactivad[oa]|congelad[oa]"
        r"|extint[oa]|(?:em\s+(?:modo\s+(?:de\s+)?)?)?(?:somente|apenas|s[óo])\s+(?:para\s+|de\s+)?"
        r"leitura)",
        rf"(?:esta|a)\s+{PORTUGUESE_LIST}\s+(?:j[áa]\s+n[ãa]o\s+(?:est[áa]\s+(?:ativa|activa|em\s+"
        r"uso)|aceita\s+(?:novas\s+)?mensagens)|n[ãa]o\s+aceita\s+mais\s+(?:novas\s+)?mensagens"
        r"|encerrou\s+(?:as\s+)?(?:suas\s+)?atividades)",
    ),
    flags=_join(
        r"(?:lista|grupo|f[óo]rum|arquivo)(?:\s+de\s+\w+)?\s+(?:est[áa]\s+)?(?:encerrad[oa]"
        r"|fechad[oa]|arquivad[oa]|(?:somente|apenas|s[óo])\s+(?:para\s+|de\s+)?leitura"
        r"|congelad[oa])",
    ),
)

GERMAN = Words(
    lists=r"(?:(?:mailing)?liste|(?:listen)?archiv)",
    places=r"(?:unser\s+forum|das\s+forum|die\s+gruppe)",
    moved=r"(?:ist|sind)\s+(?:jetzt\s+|nun\s+)?umgezogen|(?:wurde|ist)\s+(?:verlegt|verschoben)",
    points=r"(?:unsere|die)\s+neue\s+adresse(?:\s+der\s+liste)?\s*(?:ist|:|lautet)",
    filler="auf nach zu zur zum unter an die der den das eine einen neue neuen server adresse hier",
    closed=r"diese\s+(?:mailing)?liste\s+(?:ist|wurde)\s+(?:jetzt\s+)?(?:geschlossen|eingestellt)",
    flags=r"(?:mailing)?liste\s+(?:ist\s+)?(?:geschlossen|archiviert|eingestellt)",
)

ITALIAN = Words(
    lists=r"(?:lista(?:\s+di\s+(?:discussione|distribuzione))?|mailing\s+list|archivio)",
    places=r"(?:(?:il|questo|la|questa)\s+(?:gruppo|forum|sito|comunità))",
    moved=r"(?:si\s+è|è\s+stat[oa])\s+(?:trasferit|spostat)[oa]",
    points=r"(?:il\s+)?nuovo\s+indirizzo\s+(?:della\s+lista|dell'archivio)\s*(?:è|:)",
    filler="a al alla su sul un una il la nuovo nuova indirizzo server sito qui seguente e è ora",
    closed=r"(?:questa|la)\s+lista\s+(?:è|è\s+stata)\s+(?:ora\s+)?(?:chiusa|archiviata)",
    flags=r"lista\s+(?:chiusa|archiviata)",
)
RUSSIAN = Words(
    lists=r"(?:список(?:\s+рассылки)?|рассылка|архив)",
    places=r"(?:форум|группа|сайт)",
    moved=r"пере(?:ехал[аи]?|нес[её]на?|мещ[её]на?)",
    points=r"новый\s+адрес\s+(?:списка|рассылки|архива)\s*:?",
    filler="на в по новый новому адрес адресу сервер сайт здесь сюда",
    closed=r"(?:этот\s+)?(?:список\s+рассылки|рассылка)\s+закрыт[ао]?",
    flags=r"рассылка\s+закрыта|список\s+закрыт",
)

LANGUAGES = (ENGLISH, FRENCH, SPANISH, PORTUGUESE, GERMAN, ITALIAN, RUSSIAN)

# A label on the page that needs no subject: the page itself is what it says.
LABEL = (
    r"archived|read-?\s?only|archivée?|(?:en\s+)?lecture\s+seule|archivad[oa]|s[óo]lo\s+lectura"
    r"|arquivad[oa]|(?:somente|apenas)\s+(?:de\s+)?leitura"
)

# Names of services that lists move to: no name of a town is among them.
SERVICES = (
    "groups.io groupsio google yahoo mailman mailman2 mailman3 hyperkitty discourse listserv sympa"
    " jiscmail freelists dgroups simplelists gaggle discord slack telegram whatsapp signal zulip"
    " matrix github gitlab sourceforge framalistes riseup renater facebook linkedin mastodon"
    " topicbox 2 3"
)
