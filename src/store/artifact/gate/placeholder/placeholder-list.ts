/*
 * What counts as a placeholder, as data: words in brackets, words that stand alone, words that are a
 * stub wherever they are. `rules.placeholders` of an artifact adds to it and makes exceptions (S4.26).
 * Texts are compared folded (fold.ts), in lower case and without punctuation (plainWords).
 */

function listed(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim())
}

function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/u)
}

/** Delimited texts that begin like this were meant to be replaced. */
export const WORK_OPENINGS: readonly string[] = listed(`
  todo, to do, tbd, tbc, tba, fixme, fix me, placeholder, lorem ipsum, coming soon, wip,
  work in progress, fill in, fill me, fill out, fill this, fill here, fill with, change me,
  changeme, replaceme, replace me, replace this, replace with, under construction,
  not yet written, rest of the, remainder of the, remaining sections, remaining content,
  same as above for, continue with the rest, content continues, to be added, to be announced,
  to be completed, to be confirmed, to be decided, to be defined, to be determined,
  to be drafted, to be filled, to be inserted, to be provided, to be supplied, to be updated,
  to be written, to come, to follow, details to follow, more to come, hier einfügen,
  hier einsetzen, bitte ergänzen, bitte ausfüllen, bitte einfügen, bitte eintragen,
  noch zu ergänzen, noch ergänzen, noch offen, wird ergänzt, wird noch ergänzt, zu ergänzen,
  platzhalter, folgt in kürze, à compléter, a compléter, à remplir, à définir, à déterminer,
  à préciser, à confirmer, à insérer, à ajouter, à rédiger, insérer, inserer, insérez, votre,
  vos, por definir, por determinar, por completar, por confirmar, a definir, a determinar,
  pendiente de, completar, rellenar, insertar, inserte, su nombre, tu nombre, da completare,
  da compilare, da definire, da inserire, inserire, inserisci, il tuo nome, il suo nome,
  preencher, inserir, insira, a preencher, seu nome, in te vullen, nog in te vullen,
  invullen, invoegen, uw naam, jouw naam, nader te bepalen, do uzupełnienia, uzupełnij,
  wstaw, twoje imię, do ustalenia, buraya, eklenecek, doldurulacak, adınız, вставить,
  вставьте, указать, укажите, заполнить, заполните, уточнить, дополнить, ваше имя, ваша, ваш,
  будет добавлено, вставте, вкажіть, ihr name, ihre, dein name, ihren namen,
  example text, sample text, dummy text, filler text, rest omitted, rest unchanged,
  continued in the same, continue in the same, citation needed, source needed,
  wird nachgereicht, vul in, vul hier, voer in, entrez, saisissez, indiquez, ingrese, escriba, wpisz,
  введите, впишите
`)

/** Pieces of a delimited text in a script without spaces (or with other spaces) that make it a stub. */
export const WORK_PIECES: readonly string[] = listed(`
  请填写, 請填寫, 填写, 填寫, 待定, 待补充, 待補充, 待填, 待完善, 待确认, 待確認, 待续写, 在此输入, 在此处, 在此處, 在这里, 此处插入, 插入, 您的,
  你的名字, 占位, ここに, 未定, 要記入, 記入してください, 入力してください, あなたの名前, あなたの会社, 追記予定, 挿入, 여기에, 추후, 입력하세요,
  작성 예정, 미정, 귀하의, 당신의, 삽입, أدخل, اسمك, يُحدد لاحقا, يحدد لاحقا, आपका नाम, यहाँ, लिखें, दर्ज करें, הכנס,
  השם שלך
`)

/** Whole delimited texts that are the name of a field, in other languages than English. */
export const FOREIGN_FIELDS: readonly string[] = listed(`
  vorname, nachname, vorname nachname, datum, firma, firmenname, name der firma, unternehmen,
  anschrift, adresse, straße, ort, ort datum, plz, plz ort, betrag, telefonnummer,
  unterschrift, nom, prénom, nom prénom, prénom nom, nom de l entreprise, nom de lentreprise,
  entreprise, montant, nombre, apellido, nombre y apellidos, nombre de la empresa, empresa,
  fecha, dirección, importe, nome, cognome, nome cognome, azienda, nome azienda,
  nome da empresa, naam, bedrijfsnaam, imię i nazwisko, nazwa firmy, имя, фамилия, фио, дата,
  название компании, должность, адрес, 姓名, 名字, 日期, 公司名称, 公司名稱, 公司, 地址, 电话, 金额, 职位, 氏名, 名前,
  会社名, 日付, 住所, 이름, 회사명, 날짜, 주소,
  name des unternehmens, straße und hausnummer, ansprechpartner, ansprechpartnerin, stadt,
  stellenbezeichnung, date du jour, poste, ville, nom complet, nom du destinataire,
  nom de la société, ciudad, puesto, cargo, nombre completo, código postal, cidade,
  nome dellazienda, nome completo, città, posizione, 公司名, 职位名称, 您的姓名, 貴社名, 部署名, お名前, 役職, 성함,
  직책, 부서, имя фамилия, город, телефон, اسم الشركة, الاسم, التاريخ, कंपनी का नाम, नाम,
  şirket adı, imię, nazwisko, stanowisko, miasto, anrede
`)

/** English names of fields: alone in brackets, each is one. */
export const FIELD_HEADS: readonly string[] = wordsOf(`
  name names surname lastname firstname fullname username nickname date dates company
  employer organization organisation address recipient sender applicant client customer
  email mail phone telephone mobile fax url link website webpage homepage linkedin amount
  price salary cost budget number numbers percentage percent signature position city
  postcode zip zipcode zipcodes year month deadline location venue department university
  title topic project product id placeholder
  industry skill skills degree achievement achievements accomplishment accomplishments
  manager recruiter supervisor headline tagline slogan image photo logo screenshot text
  sentence paragraph statistic bio salutation greeting
`)

/** Words that stand beside a field's name without changing that it is one. */
export const FIELD_WORDS: readonly string[] = wordsOf(`
  your my our their his her the a an of for and or in at s de first last middle full given
  family maiden legal contact home work street line country county state province region
  area code day week time start end due birth issue current previous former new old target
  relevant specific hiring manager managers recruiter recruiters candidate candidates
  applicants clients customers recipients senders companies employers person people persons
  team job role degree field school college major industry service brand business store shop
  account invoice order reference case policy contract agreement project product profile
  portfolio version figure metric value quantity unit currency total employees employee
  years months days x xx n number1 city state zip month year date email company position
  department university location salary amount percentage url website link phone address
  title name topic id name1 name2 job subject file document section chapter
  main primary secondary experience some other another different supervisor supervisors
  mentor mentors professor professors teacher teachers patient patients landlord landlords
  tenant tenants buyer buyers seller sellers partner partners colleague colleagues advisor
  advisors
`)

/** Verbs with which an instruction to the writer begins, before two or more words. */
export const INSTRUCTIONS: readonly string[] = wordsOf(`
  insert describe explain elaborate specify mention summarize summarise provide fill briefly
  expand discuss detail outline enter replace complete write include state paste upload
  attach
`)

/** Verbs that are instructions only before one of INSTRUCTED. */
export const WEAK_INSTRUCTIONS: readonly string[] = wordsOf(`
  add put give list name use choose select pick type set customize customise tailor adjust
  show highlight introduce
`)
/** What an instruction is about. */
export const INSTRUCTED: readonly string[] = wordsOf(`
  your any more some details detail specific specifics relevant here additional examples
  example appropriate text content information info name date sentence paragraph 1 2 3 4 5
  one two three four five at key
`)

/** Whole lines, cells or values that say that something is missing. Compared as plainWords. */
export const BLANK_VALUES: readonly string[] = listed(`
  todo, to do, tbd, tbc, tba, fixme, xx, xxx, xxxx, xxxxx, placeholder text,
  placeholder content, placeholder image, sample text here, dummy text, filler text,
  lorem ipsum, coming soon, content coming soon, details coming soon, more coming soon,
  more details coming soon, more information coming soon, more info coming soon,
  page under construction, section under construction, not yet written, not written yet,
  yet to be written, fill me in, fill this in, fill in the blank, fill in later, to follow,
  details to follow, more to come, content to come, content to follow, will be added later,
  content will be added later, details will be added later, to be added later, changeme,
  change me, replace me, platzhalter, folgt, folgt noch, folgt in kürze, noch zu ergänzen,
  wird ergänzt, wird noch ergänzt, wird nachgereicht, inhalt folgt, text folgt,
  bitte ergänzen, bitte ausfüllen, hier text einfügen, à compléter, a compléter, à définir,
  à déterminer, à préciser, à confirmer, à venir, bientôt disponible, por definir,
  por determinar, por completar, por confirmar, próximamente, da definire, da completare,
  da compilare, prossimamente, a definir, a preencher, em breve, nog in te vullen,
  nader te bepalen, volgt, do uzupełnienia, do ustalenia, yakında, eklenecek,
  будет добавлено, будет дополнено, уточняется, заполнить, скоро, 待定, 待补充, 待補充, 待填写, 待完善, 待续,
  敬请期待, 此处插入, 未定, 準備中, 近日公開, 追って記載, 記入してください, 미정, 추후 작성, 추후 공지, 작성 예정, 준비 중, قريبا,
  يحدد لاحقا
`)

/** Whole lines, or values after a label, that were meant to be replaced; in a list or a table they may be what is asked for. */
export const BLANK_LINES: readonly string[] = listed(`
  placeholder,
  sample text, under construction, fill in, to come, add content here, add text here,
  add your text here, your text here, your content here, your name, your full name,
  your name here, your company, your company name, your title, your job title, your position,
  your address, your email, your email address, your phone, your phone number,
  your signature, your city, your contact information, company name, recipient name,
  recipients name, hiring managers name, name of company, firstname lastname,
  first name last name, name surname, insert text, insert name, insert date,
  insert text here, insert name here, insert content here, enter text here, text here,
  content here, click here to enter text, click or tap here to enter text,
  click or tap to enter a date, choose an item, ihr name, votre nom, su nombre, tu nombre,
  seu nome, type here, type your message here, start typing, click to edit,
  double click to edit, add your text, edit this text, replace this text,
  replace this text with your own, insert image, insert logo, enter amount, enter name,
  enter your name, some text here, asdf, asdf asdf, asdf asdf asdf, asdfgh, asdfghjkl,
  qwertyuiop, blah blah, blah blah blah, bla bla, bla bla bla, test test test,
  text text text, xxxxx xxxxx, texte à insérer ici, ここに入力, заполнить позже
`)

/** Headings under which a document may say nothing. */
export const BARE_HEADINGS: readonly string[] = listed(`
  the end, end, fin, ende, fine, конец, 完, 终, 終わり, unreleased
`)

/** Labels beside which a line to write on belongs: a form to be signed is no stub. */
export const SIGNED: RegExp =
  /\b(?:sign(?:ed|ature|atory)?|witness(?:ed)?|initials?|unterschrift|unterzeichnet|firma|firmado|signé|assinatura|assinado|handtekening|podpis|imza)\b|подпись|签名|签字|签章|署名|簽名|서명|印/iu
