"""Short and everyday forms of English first names: our own list, by the name in full. Pure data.

A form may stand under several names (Pat, Jo, Alex). Each name answers to all of its forms, and they to it.
"""

from collections import defaultdict

FORMS = """
abigail abbie abby gail
adelaide ada addie adela della
agnes aggie nessie nessa
albert al albie bert bertie
alexander alec alex alick lex sandy sacha
alexandra alex alexa lexi sandra sandy sasha
alfred alf alfie fred
alice ali elsie
alison ali allie
amanda mandy mandie
amelia amy millie emily
andrea andie andy
andrew andy drew
angela ange angie
ann anne anna annie nan nancy hannah
annabel annabelle anna belle bella
anthony antony tony ant
antonia toni tonia
archibald archie baldie
arthur art artie
barbara babs barb barbie bab
barnaby barney
bartholomew bart
beatrice bea bee trixie
benjamin ben benny
bernadette bernie detta
bernard bernie
bridget bridie biddy bridie breda
bronwen bron
cameron cam
caroline carolyn carol caro carrie lynn
catherine katherine kathryn catharine kathleen cath cathy kath kathy kate katie kitty kay kit kat
cecil cec
cecilia celia cissie cis
charles charlie chas chuck chaz
charlotte charlie lottie lotte
christina christine tina chris chrissie kirsty teenie
christopher chris kit topher
clarence clarrie
clement clem
clifford cliff
constance connie
cornelius con neil
cynthia cindy
daniel dan danny
david dave davy davey dai dewi
deborah debbie deb debs
derek del
desmond des
diana diane di
dominic dom nick
donald don donnie
dorothy dot dottie dolly dodie dora thea
douglas doug dougie
duncan dunc
edith edie
edmund ed eddie ned ted
edward ed eddie ned ted teddy ward
edwin ed eddie win
eleanor elinor ellen ella ellie nell nellie nora lena leonora
elizabeth elisabeth beth betsy betty bess bessie eliza elsie libby lisa liz lizzie lizzy lilibet bet
emily emma em emmie milly
emmeline emma em
ernest ernie ern
esther hester essie hetty
ethel eth
eugene gene
eunice eunie
evelyn eve evie lyn
ezekiel zeke
florence flo florrie flossie
frances fran fanny frankie francie
francis frank frankie
franklin frank
frederick frederic fred freddie freddy rick
gabriel gabe
gabrielle gaby gabby
geoffrey jeffrey geoff jeff
george georgie
georgina georgiana gina georgie
gerald jerry gerry ged
geraldine gerry gerri
gerard gerry ged gerrard
gertrude gert gertie trudy
gilbert gil bert
gillian jillian gill jill gilly jilly
gladys glad
glenys glen
gordon gord
graham graeme grahame
gregory greg
gwendoline gwendolyn gwen wendy
harold harry hal
harriet harriett hattie hetty
helen helena nell ellen lena nellie
henrietta etta hetty ettie
henry harry hal hank
herbert bert bertie herb
hilary hil
horace horry
howard howie
hubert bert hugh
hugh hughie huw
humphrey humph
ignatius iggy
irene rene renie
isaac ike zac
isabel isabella isobel isabelle ishbel bel bella belle izzy tibby
jacob jake jack
jacqueline jackie jacky jacqui
james jim jimmy jamie jem jimmie
jane janet janey jennie jenny janie jean
janice jan
jasmine jaz jas
jennifer jen jenny jennie
jeremiah jerry jem
jeremy jerry jez jem
jessica jess jessie
joan joanie joni
joanna joanne jo joann
jocelyn joss jo
john jack johnny johnnie jock ian sean
jonathan jon jonny johnny
joseph joe joey jo
josephine jo josie jose posy
joshua josh
joyce joy
judith judy jude
julia julie jules
julian jules
katrina kat trina
kenneth ken kenny
kevin kev
kimberley kim
laurence lawrence larry laurie lawrie
laura laurie lori
leonard len lenny leo
leslie lesley les
letitia lettie tish
lewis louis lew lou louie
lillian lilian lily lil lillie
linda lynda lin lyn lindy
llewellyn lew lyn
lorraine lorrie rainey
louise louisa lou lulu
lucy lucinda lucille lulu cindy
lydia liddy
mabel mab may
magdalene magdalena lena maggie maddy
malcolm mal calum
margaret margarita maggie meg peg peggy madge marge margie margot greta daisy mags rita molly may
marian marion mary
marjorie margery marge margie madge
mark marc
martha mattie patty
martin marty
mary maria marie mae may molly polly mamie mimi maureen moira
matilda tilly tilda mattie maud maude
matthew matt mat
maureen mo reenie
maud maude maudie
maurice morris mo
maxine max
maxwell maximilian max
melanie mel
melvin mel
michael mick mike micky mickey mikey mitch
michelle shell chelle
mildred millie milly
millicent millie milly
miriam mim mimi
mohammed muhammad mohamed mohammad mo
montague monty
montgomery monty
muriel mu
nancy nan ann
natalie nat
natasha tasha nat
nathan nathaniel nat nate
neville nev
nicholas nicolas nick nicky nico
nicola nicky nikki nicki
norah nora honora
norman norm
oliver ollie noll
olive olivia ollie livvy
oswald oz ozzie
pamela pam pammy
patricia pat patsy patty tricia trish
patrick pat paddy padraig rick
pauline paula polly
penelope penny pen
percival percy
peter pete
phillip philip phil pip
philippa pippa pip phil
philomena mena phil
phyllis phil phyl
priscilla cilla pris
prudence prue
rachel rachael rach ray
ralph rafe
randolph randy
raymond ray
rebecca becky bec becca
reginald reg reggie rex
rhoda ro
richard dick rich richie rick ricky dickie
robert bob bobby rob robbie bert rab robin
roberta bobbie
roderick rod roddy rick
rodney rod
roger rog
roland rowland roly
ronald ron ronnie
rosamund rosalind rosemary rose rosie ros roz
rowena ro
roxanne roxy
rupert bert
russell russ
samantha sam sammy
samuel sam sammy
sarah sara sally sal sadie
sebastian seb bastian
shirley shirl
sidney sydney sid syd
sheila shelagh
silvia sylvia syl
simon si
solomon sol solly
sophia sophie
stanley stan
stephanie steph stevie
stephen steven steve stevie ste
stuart stewart stu stew
susan suzanne susannah susanna sue susie suzy sukie
sybil sib
tabitha tabby
terence terrence terry tel
teresa theresa terri tess tessa tracy
thelma thel
theodora dora thea
theodore ted teddy theo
thomas tom tommy
timothy tim timmy
tobias toby
ursula ursie
valerie val
vanessa nessa
vera vee
vernon vern
veronica ronnie vera nica
victor vic
victoria vicky vicki vikki tori vic queenie
vincent vince vin
viola violet vi
vivian vivien vivienne viv
walter wally walt wat
wendy gwendoline
wilfred wilfrid wilf
wilhelmina mina minnie willa wilma billie
william bill billy will willie willy liam
winifred win winnie freda
winston win
yvonne vonnie eve
zachary zac zach zak
"""


def _by_form(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in filter(None, text.splitlines()):
        full, *short = line.split()
        for form in short:
            found[form] |= {full}
            found[full] |= {form}
        for form in short:  # Peggy answers to Meg: both are Margaret
            found[form] |= set(short)
    return {name: frozenset(forms - {name}) for name, forms in found.items()}


_OTHER_FORMS = _by_form(FORMS)


def other_forms(name: str) -> frozenset[str]:
    """Return what else somebody of this plain first name may be called, or nothing."""
    return _OTHER_FORMS.get(name, frozenset())
