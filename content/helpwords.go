package content

// Words that say nothing about what is looked for, and words that say little.
var (
	stopWords = set(`a an and are as at am be been being but by did do does doing for from had has have having he her here hers him his i id if ill
		im in is it its ive just me my mine of on or our ours please pls plz she so some than that the their them then there these they this
		those to too u up ur us was we were will with would you your yours thanks hi hello ok any all also about into over again get gets getting got
		should could let lets one still even while already very quite such both since until during`)
	smallWords = set(`a an the my your our this that it me them any been have has yet still even ever be to`)
	faintWords = set(`how what when where which who why want need help try tried trying use using make can not no say says said see give new go
		way thing something think know now come came comes coming anymore goes going went keep keeps take put set tell ask show happen happens`)
)

// same lists words and phrases that mean the same here, in the articles and in
// what people type: the first of a line stands for all of it.
const same = `
code: otp; otps; passcode; pass code; one time password; one time code; one time pin; verification code; verification number; verification pin; verify code
code: security code; signin code; sign in code; log in code; access code; confirmation code; authentication code; auth code; pin code; digit code; digit number; six number; 6 number; six digit; 6 digit; verification email; verification text; verification message
service code: support code; support pin; service number
twostep: two step; 2 step; 2step; two factor; 2 factor; twofactor; 2fa; mfa; tfa; 2sv; multi factor; multifactor; double verification
twostep: two step verification; 2 step verification; two factor authentication; 2 factor authentication; two factor auth; multi factor authentication
signin: sign in; log in; sign into; log into; login; logon; log on; sign on
signout: sign out; log out; logout; log off; logoff
signup: sign up; register; registration; create account
email: e mail; mail; inbox; mailbox; email address
phone: mobile; cell; cellphone; telephone; handset; smartphone; fone; phone number; mobile phone; cell phone
text: sms; smses; txt; text message
not: no; dont; doesnt; didnt; isnt; wasnt; arent; havent; hasnt; wont; cant; cannot; couldnt; never; nothing; unable; can not; did not; does not
arrive: arrival
deliver: delivery
notarrive: not arrive; not receive; not deliver; not come; not came; not show up; not turn up; not get code; not get email; not get text; not get message; not get anything; not code; not send; where is code
get: got; gotten
notwork: not work; not accept; not function; not valid; not correct; not good; not right; no good; no longer work
change: update; edit; replace; modify; swap
close: delete; terminate; erase
scam: phishing; phish; fake; fraud; spoof; scammer; fraudster; swindle; swindler; con; hoax; bogus; impostor
late: slow; delay; slowly; take long; take ages; taking forever
expired: lapse; out of date; outdate; no longer valid; not valid any more; time is up; time up; out of time; run out; ran out; time out; timed out; outdated
wrong: incorrect; invalid; false; inaccurate
spam: junk
abroad: travel; travelling; traveling; overseas; foreign; roaming; holiday; vacation; another country; other country
tv: television; telly; smart tv
forgotten: forgot; forget; not remember
turnon: turn on; switch on; enable; activate
off: disable; deactivate; not want
resend: send again; send another
fromus: from us; from you
someone: somebody
everywhere: all devices; every device; everyone
callus: call us; call you; phone us; phone support; call support; phone line; hotline
why: y
screenreader: screen reader
know: recognise; recognize
send: sent
lost: lose; losing; loose; loosing
tell: told
give: gave; given
break: broke; broken
steal: stole; stolen; theft; robbed
choose: chose; chosen
write: wrote; written
see: saw; seen
buy: bought
begin: began; begun
leave: left
take: took; taken
ring: rang; rung
speak: spoke; spoken
hide: hidden; hid
username: user name; user id; login name; account name
pay: paid
problem: issue; difficulty
limit: maximum; maximum number
old: previous; former; earlier
nolonger: no longer; not any more; not anymore
company: corporate; firm; office; workplace
extra: additional
app: application
settings: preferences
genuine: legit; legitimate; authentic
password: pass word; pw; pwd
message: msg
cost: price; charge; fee
prove: proof
suspicious: sus; dodgy; fishy; shady; iffy
hacker: thief; thieves; thiefs; criminal; crook; attacker; intruder; burglar
unblock: unlock; unfreeze
website: web site; webpage; web page; site
cancel: canceled; canceling
center: centre
unauthorised: unauthorized; unauthorise; unauthorize
carrier: operator; network operator; phone company; mobile provider; phone provider
didntask: not ask; not request; not ask for; not me; unrequested; unsolicited
fingerprint: finger print; touch id
face: face id
callback: call back
remove: take away; take off; take out; get rid of
`

// near lists words that often mean each other: they count for less.
const near = `
pin code
hacked hack hijacked compromised steal someone
scam real really genuine suspicious trust message
forgotten reset lost remember recover recovery
lost steal break gone missing
late wait waiting long
expired last valid work finish over end
notwork wrong
wrong work fail accept accepted reject rejected match
locked lock many often
close cancel remove unsubscribe leave
remove revoke delete disconnect
nolonger lost old gone
check audit review list
extra second layer step
remove off stop
agent person human contact talk speak support representative staff employee assistant
contact call
call phone ring dial
detect discover spot notice
skip without avoid
message letter notification note
field box button
website page app
network internet wifi connection
number digit figure
allow permit accept approve
refuse deny reject decline
request demand require
reply answer respond
search find look
old elderly senior
eye sight blind
ear hear deaf
trip travel journey flight abroad
country land nation
family children kids parents relatives mother father
begin start
stop end quit halt
video film series watch history
fast quick soon
double two second twostep
staff team firm company worker
paper written note
read see view
chat talk speak
device tv computer laptop tablet pc browser ipad
phone iphone android device
spam filter promotions folder
accessibility screenreader blind deaf disability captions disabled
privacy data gdpr personal location record
status down outage
passkey fingerprint face biometric
bypass skip avoid around without
paste autofill autocomplete copy fill
shared public library hotel borrowed friend
suspicious unusual weird odd strange activity alert
didntask request
abroad country away
password passphrase
signin access
enter type write input
username email
arrive receive deliver
download export data records file
everywhere devices
verify verification confirm validate authenticate identity
safe secure security protect safeguard
blocked banned suspended frozen
hacker someone stranger
gmail outlook hotmail yahoo icloud provider
error fault failure mistake wrong
location place city
disconnect signout
problem trouble error fix solve repair
blocked locked lockout
`

// ordinary are words of everyday life that the articles do not use: they are no
// mistakes for those that they do.
var ordinary = set(`
	able above appear appears appeared worker workers asleep cable freeze frozen freezing buffering crash crashes accident across actor address adult advert afraid afternoon age air airport alone along already also although always among amount angry
	animal another answer apart app apparently apple april area arm art ask aunt autumn available average away baby bad bag ball band bank
	basically bath beach bear beat beautiful bed beer begin beginning behind believe belong below best better beyond big bill bird birthday bit bite
	black blue board boat body bone book born borrow both bottle bottom bought bowl boy brain brand bread break breakfast breaking bridge bright bring
	brother brought brown build building burn bus business busy butter buy cake car card care careful carefully carry cartoon cash cat catch category
	cause centre certain certainly chair chance changing channel character characters cheap cheaper cheese chicken child children choice chose church
	cinema circle city class clean clear clearly clever client clock clothes cloud coat coffee cold college comedy comfortable comment common company
	complete completely concert condition connected consider contain content continue control cook cool corner correctly cost count couple course
	cousin cover cow credit crime cross crowd cry cup current currently customer cut dad daily damage dance dangerous dark daughter dead deal dear
	death december decide deep deer default definitely degree delay department depend describe desktop detail develop different dinner directly dirty
	discover discuss dish display divide doctor dog dollar door double doubt down download downstairs draw dream dress drink drive drop dry dubbed due
	during dust each early earn earth easily east easy eat economy edge effect effort egg eight either electric eleven else employ employee empty end
	english enjoy enough environment episode especially essential euro even evening event ever everyday exactly exam example excellent except exciting
	exercise exist existed existing expect expensive experience expert explain explore express external extra extremely eye fact fail fall familiar
	famous fan far farm fashion fast fat father fault favourite feature february feed feel feet fell felt fence fight figure fill film films final
	finally financial fine finish fire fish fit five fix flat flight floor flower fly focus follow food foot football force foreign forever forget form
	formal former forward four free french frequently fresh friday friend front fruit fully fun function funny future game garden gate general
	generally german gift girl glad glass goal gold gone good goodbye government grand granddaughter grandfather grandmother grandson grass great green
	grey ground group grow growing guarantee guess guest guide guy hair half hall hand handle happen happy hard hardly hat hate head heading headline
	health hear heart heat heavy height held hello helpful hidden high hill historical history hit hobby hold hole home homework honest hope horse
	hospital hot hotel hour house however human hundred hungry hurry hurt husband ice idea ill imagine immediately important impossible improve include
	increase indeed individual industry initial inside insurance interest internet invite invoice involve island item january job join joke july jump
	june keep kept keyboard kid kids kill kind kitchen knee knew label lady lake lamp language large last later latest laugh launch law lawyer lay lazy
	lead leader learn least left leg legal lesson letter level library lie life lift light likely limited list listen literally little live local
	location lonely longer loud love low luck lunch machine mad made magazine main major majority man manage manager manner many map march market marry
	match material matter maximum maybe meal mean measure meat media medical medicine medium meet member memory men mention mess method middle midnight
	might mile military milk million mind minimum minute mirror miss mistake mister model modern module moment monday money month moon more moreover
	morning mostly mother mountain mouse mouth move movement movie movies multiple mum music myself mystery namely narrow national nature near nearly
	necessarily neck neighbour neither nephew nervous network never nevertheless news newspaper next nice night nobody noise none noon normal north
	nose nothing notice november nurse obvious obviously occasion ocean october offer official often oil older once onion only open operation opinion
	opportunity opposite option orange order ordinary organization original other otherwise outside oven overall own package page paid pain paint pair
	pants paper parent parents park part particular partner party pass past pattern pay payment pen pencil people pepper perfect perform perhaps period
	permanent personally pet photo phrase physical piano pick picture piece pink place plane plant plate play player please pocket poem point police
	policy polite political pool poor popular position positive possible possibly post potato potential pound practice prefer premium preparation
	presence present press pretty previous previously price primary principle print prior priority private prize probably problem procedure process
	produce product profile program programme progress project promise proper properly property proud provide provided public publish pull pupil
	purchase purpose purse push quality quarter queen quick quickly quiet quite radio rain raise rang range rarely rate rather reach read ready realise
	realize really reason reasonable recent recently recommend record red reduce reference refund region regular regularly relation relevant remain
	remarkable remind remote rent repeat replace reply report represent request require research resource response responsible rest restaurant result
	retail return review rice rich ride right ring river road rock role roof room round routine row rule sad sadly safe said salt sample sand sang sat
	satisfied saturday save saw scene schedule scheme school science screen sea season seat second secret section sector seem select sell senior sense
	sent separate september series serious serve service seven several shape share sheep shift ship shirt shoe shop short should shout show shower shut
	sick side sight significant silly silver similar simple simply since sing singer single sister sit situation six size skin skirt sky sleep slept
	slightly slip small smart smell smile smoke snow soap social society soft software sold soldier solution some somehow something sometimes somewhat
	somewhere son song soon sorry sort sound soup source south space special specific spend spent spoke spoon sport spread spring square staff stage
	stairs stamp stand standard star start statement station stay step stick stone stood stop store storm story straight strange strategy stream
	streaming street stress structure student study stupid style subject subscribe subscription subtitle subtitles succeed success sudden suddenly
	sugar suggest suit suitable summer sun sunday supply suppose sure surprise sweet swim switch symbol system table taken tall task taste tax taxi tea
	teach teacher team technical technology tell temporary ten tend tennis term terrible test thank theatre theme theory thick thin third thirsty
	thorough thoroughly though thought thousand three threw throat throw thursday thus ticket tidy tie till time tired title today together told tomato
	tomorrow tongue tonight took tool tooth top touch tough toward town toy traditional traffic trailer train transfer treat tree trial trip trouble
	true truly trust truth tuesday twelve twenty twice two typical ugly umbrella unable uncle under understand unfortunately unique unit unless unlike
	unlikely until upgrade upload upstairs urgent usage useful user users usual usually value variety various vegetable version via video view viewer
	village virtual visit voice volume wait walk wall wallet warm warning wash waste watch watched watching water weak wear weather wedding wednesday
	week weekend weekly weight welcome well went west wet whatever wheel whenever whereas wherever whether whichever whilst white whole wide wife wild
	willing win wind window wine winter wireless wish within without woman women wonder wonderful wood word wore work world worried worry worse worst
	worth write wrongly wrote yard year years yellow yesterday young`)
