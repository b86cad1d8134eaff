import { unfilled, unfinished } from './stub.ts'

/*
 * Placeholders that need no delimiters, as data: a pattern, what makes a match none, and whether it
 * also counts in source code. Every pattern is linear: no repetition inside another one.
 */

/** One kind of placeholder in running text. */
export interface StubPattern {
  readonly pattern: RegExp
  /** The match is none when the 60 characters before it end like this. */
  readonly notAfter?: readonly RegExp[]
  /** The match is none when the 80 characters after it begin like this. */
  readonly notBefore?: readonly RegExp[]
  /** The match is none when the line that holds it is like this. */
  readonly notIn?: RegExp
  /** A mention in quotation marks is none, unless it stands where a value would. */
  readonly quotable?: true
  /** Syntax in source code: not looked for there. */
  readonly template?: true
  readonly says: (written: string) => string
}

const MENTION =
  /(?:\b(?:an?|the|our|my|their|his|her|its|each|every|any|no|this|that|these|those|all|word|words|term|terms|marker|markers|tag|tags|label|keyword|string|acronym|abbreviation|letters|called|named|titled|labell?ed|says?|said|writing|grep|grepp(?:ed|ing)|find|search(?:ed|ing)? for|look(?:ed|ing)? for|contains?|containing|remaining|leftover|open|old|stale|zero) |\b(?:TODO|FIXME|XXX|HACK|TBD)s?(?:\/| and | or |, |, and |, or ))["'“‘„]?$/iu
const NOUN =
  /^(?:s?(?:\/| and | or |, |, and |, or )(?:TODO|FIXME|XXX|HACK|TBD|BUG)s?)*["'”’]?[ -](?:lists?|apps?|applications?|items?|comments?|notes?|markers?|tags?|files?|tracker|board|column|entry|entries|MVC|API|tutorial|cards?|tasks?|annotations?|markdown|plugin|extension|tree|highlighter|manager|management|format|convention|macro|means|stands for|is (?:an? |the |short for)|was (?:an? |the ))|^\.(?:md|txt|org)\b|^\s?\(["'“]?to (?:do|be)\b/iu
const SPANISH_AFTER =
  /^[ ,](?:EL|LA|LOS|LAS|LO|UN|UNA|ES|EN|QUE|SOBRE|TIPO|ESTE|ESTO|ESTÁ|ESTA|EST[ÁA]N|MUNDO|PARA|POR|CON|SU|SUS|MI|TU|VA|VALE|INCLUIDO|TERRENO|RIESGO|A|Y|O|DE|DEL|SE|MEU|DIA|DÍA|TEMPO|TIEMPO|CASO|MOMENTO|AQUEL|AQUELE|BRASIL|MÉXICO|PÚBLICO|ERA|FUE|SER[ÁA]|CAMBIA|CAMBI[ÓO]|COMIENZA|EMPIEZA)(?!\p{L})/u
const SPANISH_BEFORE =
  /(?<!\p{L})(?:SOBRE|ANTE|DEL|DE|CON|POR|ES|ESTO|LO|Y|A|EN|EL|MÉ|ESTÁ|CASI|NO|SI|DÍA|TIEMPO|TEMPO|MUNDO|DESPUÉS DE|ACIMA DE) $/u
const KANBAN =
  /\b(?:DONE|DOING|IN PROGRESS)\b|\|\s*(?:[Dd]one|[Dd]oing|[Ii]n [Pp]rogress)\s*(?:\||$)|^\W*(?:[Ss]tatus|[Ss]tate|[Ss]tato|[Ee]stado|[Ss]tand|[Ss]tatut)\W/u
const LINKED = /^\](?:\([^)\n]{0,60}todo|\[)/iu
const NUMBERED =
  /\b(?:bowl|chapter|book|part|psalm|canto|volume|vol\.|act|article|title|section|appendix|olympiad|games|legion|legio|century|kapitel|capítulo|capitolo|tomo|tome|chapitre|artikel|teil|band|siglo|siècle|secolo|louis|number|no\.|nr\.|wrestlemania|edition|annex|schedule|castlemaine|triple|vin diesel in|movie|film|franchise|psaume|salmo|homily|sermon|ode|sonnet|lecture|letter|epistle|title)\s$/iu

/** Markers of work that is left. */
const MARKERS: readonly StubPattern[] = [
  {
    pattern: /(?<![\p{L}\p{N}_@#-])(?:T[O0]D[O0]|FIX-?ME)(?=[:：(!?]|[ \t]*[:：] | [-–—] )/gu,
    notIn: /^\W*(?:status|state)\W/iu,
    notBefore: [/^\((?:s\)|["'“]?to do)/u],
    says: unfinished,
  },
  {
    pattern:
      /(?<![\p{L}\p{N}_@#-]|^#{1,6} )(?:T[O0]D[O0]|FIX-?ME)(?![\p{L}\p{N}_]|['’]s|[:：(!?]|\/\p{L})/gmu,
    notAfter: [MENTION, SPANISH_BEFORE],
    notBefore: [NOUN, SPANISH_AFTER, LINKED],
    notIn: KANBAN,
    quotable: true,
    says: unfinished,
  },
  {
    // Over a list it is the heading of tasks.
    pattern:
      /(?<=^#{1,6} )(?:T[O0]D[O0]|FIX-?ME)(?![\p{L}\p{N}_:：(-]|[ \t]*\n\s*(?:[-*+]|\d{1,3}[.)])[ \t]+[\p{L}[])/gmu,
    notBefore: [NOUN, SPANISH_AFTER],
    says: unfinished,
  },
  {
    pattern:
      /(?<![\p{L}\p{N}])T([ .-])[O0]\1D\1[O0](?![\p{L}\p{N}])|(?<![\p{L}\p{N}])T([ .-])B\2D(?![\p{L}\p{N}])/gu,
    quotable: true,
    says: unfinished,
  },
  {
    pattern:
      /(?<=^[ \t>*#\-+\d.)|\]x[]{0,12}(?:\/\/|--|;)?[ \t]{0,4})(?:todo|to-do|fixme|fix-me)[ \t]?[:：](?=[ \t]*\S)/gimu,
    notBefore: [/^[:：]\s+(?:\d|una?\b|el\b|la\b|lo\b)/iu],
    says: unfinished,
  },
  {
    pattern: /(?<=^[ \t>]{0,8}(?:TO DO|TO-DO))[:：](?=[ \t]*\p{L})/gmu,
    says: () => unfinished('TO DO:'),
  },
  {
    pattern: /(?<![\p{L}\p{N}_@#-])(?:TBD|tbd|T\.B\.D\.)(?![\p{L}\p{N}_]|['’]s|-\d|\/\p{L})/gu,
    notAfter: [
      /\b(?:abbreviation|acronym|term|word|words|letters|initialism|code|marker|tag|label|string|no|zero) ["'“‘„]?$/iu,
    ],
    notBefore: [
      /^["'”’]? (?:means|stands for|is (?:an? |the |short for)|was (?:an? |the |short for)|Devastators?|entries|markers?|items?|placeholders?|bedeutet|significa|signifie)|^\s?(?:[=–—:-] ?|\()["'“]?to be (?:determined|decided|defined|done)\b/iu,
    ],
    quotable: true,
    says: unfinished,
  },
  {
    pattern:
      /(?<=(?:\b(?:is|are|remains|still|currently|was|were)|[:：=|(–—-])\s?)(?:TBC|TBA|tbc|tba)(?=\s*(?:$|[.,;)|!]))/gmu,
    quotable: true,
    says: unfinished,
  },
  {
    pattern: /(?<![\p{L}\p{N}_.$€£-])XXX(?![\p{L}\p{N}_]|-\p{L}|\/\p{L})/gu,
    notAfter: [NUMBERED, MENTION, /[IVXLC]+[,–-] ?$|(?:^|\n)#{1,6} $/u],
    notBefore: [
      /^(?:[ -](?:rated|rating|movie|films?|content|corps|olympi\w+|legion|army|century|large|domain|comments?|markers?|tags?)|[,–-] ?[IVXLC]+\b|\.com)/iu,
    ],
    notIn: /^\W*XXX\. \p{Lu}/u,
    quotable: true,
    says: unfinished,
  },
]

/** Values that were never put in. */
const VALUES: readonly StubPattern[] = [
  {
    pattern:
      /(?<![\p{L}\p{N}*-])X{2,4}[/.-]X{2}[/.-](?:X{2,4}|\d{1,2}X{2}|\d{4})(?![\p{L}\p{N}*-])/gu,
    says: unfilled,
  },
  {
    pattern:
      /(?<![\p{L}\p{N}*-])(?:\d{1,4}[-. ]|\(\d{1,4}\) ?)?X{3,}(?:[-. ]X{3,}){1,5}(?![\p{L}\p{N}]|[-. ][\dX])/gu,
    says: unfilled,
  },
  {
    pattern: /(?<![\p{L}\p{N}*X-]|X[-. ])X{4,}(?![\p{L}\p{N}]|[-. ]{1,3}[X\d])/gu,
    notAfter: [/castlemaine $/iu],
    says: unfilled,
  },
  { pattern: /[$€£¥] ?X{2,}(?:[.,]X{1,3}){0,4}(?![\p{L}\p{N}])/gu, says: unfilled },
  {
    pattern:
      /(?<![\p{L}\p{N}])X{2,} ?(?:%|years?\b|months?\b|percent\b|million\b|employees\b|people\b)/gu,
    says: unfilled,
  },
  {
    pattern: /\[[XxNn]\] ?(?:%|years?\b|months?\b|percent\b|million\b|employees\b|people\b)/gu,
    says: unfilled,
  },
  {
    pattern:
      /(?<![\p{L}\p{N}])X{2,}(?:公司|大学|先生|女士|部门|株式会社|様|회사)|某某(?:公司|先生|大学)|[○〇]{2,}(?:株式会社|様|大学|公司|会社)/gu,
    says: unfilled,
  },
  {
    pattern: /(?<![\p{L}\p{N}])20XX(?![\p{L}\p{N}])/gu,
    notAfter: [/mega man|year $/iu],
    says: unfilled,
  },
  {
    pattern:
      /(?<=\b(?:date|datum|fecha|data)\**[ \t]*[:：][ \t]*)(?:DD|MM|YYYY|TT|JJJJ|AAAA)([/.-])(?:DD|MM)\1(?:DD|YYYY|YY|JJJJ|AAAA)(?=[ \t]*$)/gimu,
    notIn: /\bformat/iu,
    says: unfilled,
  },
  { pattern: /\bYOUR_[A-Z][A-Z0-9_]*\b/gu, says: unfilled },
  {
    pattern:
      /(?<![\p{L}\p{N}])(?:CHANGE_?ME|REPLACE_?ME|FILL_?ME_?IN|(?:INSERT|REPLACE|ENTER|ADD)_[A-Z0-9_]*_HERE|(?:INSERT|PLACEHOLDER)_[A-Z0-9_]+)(?![\p{L}\p{N}])/gu,
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /\b(?:your|my)[._-]?(?:e-?mail|name|full[._-]?name)[\w.-]{0,20}@[\w.-]+|linkedin\.com\/in\/(?:your|my)[\w-]*|github\.com\/your[-_]?(?:user|name|repo|org|profile|handle|account|company)[\w-]*|\bwww\.your[\w-]+\.\w+/giu,
    quotable: true,
    says: unfilled,
  },
  {
    pattern: /(?<![\p{L}\p{N}])INSERT(?: [A-Z]{2,20}){1,6} HERE(?![\p{L}\p{N}])/gu,
    says: unfilled,
  },
]

/** Texts that fill space. */
const FILLERS: readonly StubPattern[] = [
  {
    pattern: /\blorem\s+ipsum\b/giu,
    notAfter: [
      /\b(?:about|of|the|called|named|like|replaced?|no|instead of|remove[ds]?:?|without|term|phrase|classic|traditional|von|der|die|das|sul|el|le|du) ["'“‘„«*_]?$/iu,
    ],
    notBefore: [
      /^["'”’»*_]{0,3}\?|^["'”’»*_]{0,3} (?:text )?(?:is|was|has been|generators?|GmbH|AG|KG|Inc\b|Ltd|LLC|S\.?A\b|comes from|originates|dates|means|ist|est|es un|è)/iu,
    ],
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /\b(?:dolor\s+sit\s+amet|consectetur\s+adipi[sc]+ing|sed\s+do\s+eiusmod|eiusmod\s+tempor|ut\s+labore\s+et\s+dolore\s+magna|duis\s+aute\s+irure|excepteur\s+sint\s+occaecat|quis\s+nostrud\s+exercitation)\b/giu,
    notAfter: [/(?:quia|lorem\s+ipsum) $/iu],
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /\b(?:contents?|text|descriptions?|details|title|name|summary|body|images?|logo|introduction|intro|conclusion|copy|paragraph|section|information|info|data|list|links?|quote|signature|date|photo|picture|bio|abstract|heading) (?:goes|go|will go) here\b/giu,
    notAfter: [/\b(?:what|which|no) $/iu],
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /\bthis (?:section|paragraph|text|page|document|content|chapter|part)? ?(?:is|contains|serves as|is only|is just) (?:an? |just an? |only an? |some )?(?:placeholder|dummy|filler|sample text)\b/giu,
    says: unfilled,
  },
  {
    pattern:
      /\bthis (?:section|part|chapter|paragraph) (?:will|is to|needs to|has yet to|still needs to|must still) be (?:written|completed|added|filled|expanded|finished|drafted)\b(?! by)/giu,
    says: unfinished,
  },
  {
    pattern:
      /\b(?:the )?(?:rest|remainder) of the (?:document|content|text|letter|report|article|code|file|section|page) (?:remains|stays|is|goes here|continues|here|omitted|follows)(?: the same| unchanged| as before| omitted| here)?(?=\s*(?:$|[.)\]]))/gimu,
    says: unfinished,
  },
  {
    // A table with a head and only empty rows.
    pattern:
      /^[ \t]*\|[ \t:]*-{3}[ \t|:-]*(?:\n(?:[ \t]*\|[ \t|]*\n)*(?![ \t]*\|[^\n]*[^\s|])|(?![^]))/gmu,
    notAfter: [/\uFFFC|\]\(/u],
    says: () => 'the table has no row with content; fill it in, or leave it out',
  },
  {
    pattern: /\b(?:click|click or tap|tap) here to enter (?:text|an? \w+)\b/giu,
    quotable: true,
    says: unfilled,
  },
  {
    pattern:
      /(?<=\b(?:is|are|will be|still|was|were)\s)to be (?:determined|announced|confirmed|decided|defined|added|filled in|inserted|supplied|completed)(?= ?(?:later)?\s*(?:$|[.;)!]))/gimu,
    notAfter: [/\b(?:remains?|has|have|had|yet|needs?|not) (?:is )?$/iu],
    says: unfinished,
  },
]

/** What a template leaves behind. */
const TEMPLATES: readonly StubPattern[] = [
  {
    pattern:
      /(?<!\$(?=\{\{\s?(?:github|matrix|secrets|env|steps|needs|inputs|runner|vars|jobs|strategy)\b))\{\{(?=[^\n]{0,200})/gu,
    notAfter: [/(?:[_^]|\\[a-zA-Z]+(?:\{[^{}]{0,30}\})?)$/u],
    notBefore: [/^[^{}]{1,40}\}\s*,|^[^{}\n]{1,200}\},?\s*\n\s*\w+\s*=/u],
    template: true,
    says: unfilled,
  },
  { pattern: /<\?(?:=|php\b)/giu, template: true, says: unfilled },
  {
    pattern:
      /(?<![\p{L}\p{N}@#_])(@|#|__)(?:[A-Z]{2,20}_)?(?:NAME|DATE|COMPANY|EMAIL|ADDRESS|PHONE|AMOUNT|CITY)\1(?![\p{L}\p{N}@#_])/gu,
    template: true,
    says: unfilled,
  },
  { pattern: /\{%[-~]?\s*[a-z]|<%[=#-]?\s*[\w@][^%\n]{0,80}%>/giu, template: true, says: unfilled },
  {
    pattern: /[$#]\{[\p{L}_][\p{L}\p{N}_. -]{0,60}\}(?![^\n$]{0,60}[^\s$]\$(?!\d))/gu,
    notAfter: [/\\$/u],
    template: true,
    says: unfilled,
  },
  { pattern: /%\([a-z_]\w{0,40}\)[sdf]\b/giu, template: true, says: unfilled },
  { pattern: /\*\|[A-Z][A-Z0-9_:]{0,60}\|\*/gu, template: true, says: unfilled },
  {
    pattern: /(?:%%|@@|##|__)[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){0,6}(?:%%|@@|##)/gu,
    template: true,
    says: unfilled,
  },
  {
    pattern: /%(?:[A-Z]{2,20}_)?(?:NAME|DATE|COMPANY|EMAIL|ADDRESS|PHONE|AMOUNT|CITY|TITLE)%/giu,
    notAfter: [/\d$/u],
    template: true,
    says: unfilled,
  },
]

/** The built-in list. */
export const STUB_PATTERNS: readonly StubPattern[] = [
  ...MARKERS,
  ...VALUES,
  ...FILLERS,
  ...TEMPLATES,
]
