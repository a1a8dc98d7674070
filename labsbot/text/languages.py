"""What MediaWiki calls two namespaces and some switches, in all of its languages. Nothing comes in.

From the ``languages/messages`` of MediaWiki 1.39 and 1.43; the tests compare it with what is here.
"""

from __future__ import annotations


def folded(name: str) -> str:
    """A namespace's name as it is compared, in every language: the Turkic letters i count as one."""
    spaced = name.replace("_", " ").replace("\u180e", " ")
    return " ".join(spaced.casefold().replace("\u0307", "").replace("ı", "i").split())


def _names(text: str) -> frozenset[str]:
    return frozenset(text.strip().replace(",\n", ", ").split(", "))


MEDIA = _names("""
alat, alɣagdud, amóhùnmáwòrán, ayaakuwapülee, aŭdvidaĵo, ciɛl, datoteka, deem, duoro bimbu zie,
filpeikar, gbyagulazhi, iinrhatjhi, imedia, itangazamakuru, kanaca, mamind, meadhan, meanyn, meddia,
medeja, medhia, media, medie, medii, medij, medija, mediji, medio, medios, mediu, medium, mediya, medja,
medya, medėjė, meedia, meedije, meedijum, meediä, meyti, meán, midia, midiya, midja, midya, miidia,
miidiya, mitiya, miðil, miðill, multimedia, multimédia, muî-thé, myiti, mèdia, mèdius, mèḍia, médhia,
média, médiá, médja, médya, mìdiyà, mídia, mûi-thé, mēdiatl, mēdijai, nasha, nká, nünamakanäd, ortam,
pego, phương tiện, pāki, pāpaho, rakitra, saadhan, sarana, taspa, tinkundla, tipatcimoctakewin, velsku,
wasilah, xibaarukaay, yɛwliɖonuji, áméwn igò, μέσο, μέσον, амедиа, аһар, меди, медиа, медий, медиум,
медия, медиј, медија, медйа, медіа, миэдьийэ, мультымедыя, мэдыя, срѣдьства, таспа, մեդիա, מדיה, מעדיע,
تاسپا, ذريعات, رسانه, رسانه‌ای, رسانگ, رسنۍ, زریعہ, مديا, مدیا, مه‌دیا, ميديا, میدیا, میڈیا, وسائط, وسیط,
ڤارئسگأر, ۋاسىتە, ܡܝܕܝܐ, މީޑިއާ, ߟߊߛߋߢߊߥߙߍ, माध्यम, माध्यमम्, मिडिया, मीडिया, मेडिया, মাধ্যম, মিডিয়া,
ਮੀਡੀਆ, દ્રશ્ય-શ્રાવ્ય (મિડિયા), ମାଧ୍ୟମ, ஊடகம், మీడియా, ಮಾದ್ಯಮೊ, ಮೀಡಿಯ, മീഡിയ, මාධ්‍යය, สื่อ, ສື່, ສື່ອ,
မီဒီယာ, မဳဒဳယာ, သိုဝ်ႇၶၢဝ်ႇ, მედია, ሜድያ, ፋይል, មីឌា, មេឌា, ᥛᥤᥱ ᥖᥤᥱ ᥕᥣᥱ, ᩈᩨ᩵, ᱢᱤᱰᱤᱭᱟ, ⵎⵉⴷⵢⴰ, メディア, 媒体,
媒体文件, 媒体档案, 媒體, 媒體文件, 媒體檔案, ꠝꠤꠒꠤꠀ, ꯃꯦꯗꯤꯌꯥ, 미디어, 𑄟𑄨𑄓𑄨𑄠
""")
"""The namespace whose links lead to the file itself, even behind a colon: folded names."""

TALK = _names("""
alderique, amsawal, aptarimas, aptarėms, arotus, arraxonus, arutelu, asiqongelane, a‌̱lyiat, baat,
babble, bespik, bespreking, besěda, bicara, bolediša, bäxäs, caraba, casnu, chiàcchiera, ciciarada,
collogue, contièndha, conversa, copene, cows, cumbersa, cuntierra, dartişma, deasbaireachd, debato,
descusión, dhiskusi, dinika, dischbedutt, dischkrian, dischussioni, discusion, discusión, discussion,
discussione, discussioni, discussiun, discussió, discussão, discutar, discute, discuter, discutir,
discuusje, discuţie, discuție, discûscion, disghusjoon, diskasyon, diskisyon, diskite, diskusaun,
diskuschoon, diskuse, diskusia, diskusija, diskusiōni, diskusjon, diskuson, diskussion, diskussioun,
diskussión, diskussjoni, diskusyón, diskuti, diskutim, diskuto, diskùsëjô, disolo, disputatio, dyskusja,
dyskusyjo, egan, euverlèk, eztabaida, gesprec, gomde, gotûbêj, hiruhimangraw, hisgot, hodidọ, huhuo,
ibiganiro, ikiyago, ingxoxo, jam, kakaljavaran, kaozeal, kasasowal, ke ici aimihitonaniwok, kescows,
keskows, keskustelu, khuluma, kjak, klaaf, kombetsasion, komentár, kongko, kūkākūkā, leolen, lo'iya,
lodu, majadiliano, mana, maota, marit, mesac, mmeslay, motung, mpprngaw, munozara, muzakere, myangekõi,
müzakirə, mōtung, naaltsoos baa yáshtiʼ, nkitahode, nkɔmbɔdzibea, nkɔmmɔ, nopegət, nîqaş, obar, obrolan,
oerlis, okwu, olay, oqallinneq, overleg, pabligbagan, pagin, pakanḍhâ'ân, palalau, pamandiran,
panghataion, parembugan, pembicaraan, perbincangan, perbualan, pibarasan, plé, pogovor, prilara, puisano,
randau, razgovor, reipahmaohpa, resooney, rimanakuy, rombakan, rundiang, sa'wbet, sasukamu, savâstâllâm,
sgwrs, spjall, spkayal, sprīža, ságastallan, taki, talk, talqilaw, tameslayt, tartişma, tattaunawa,
thó-lūn, thảo luận, tok abaut am, toktok, tungtungan, tēixnāmiquiliztli, tɔgum, ukpatu, usapan,
vakyarimata, vaten, vita, waxtaan, wbet, werênayiş, xoɖɔtɛn, yeli, yootirawaa, yɛltɔɣa, çekişme, úkọ̀lá,
ğarğala, ɗàfu, καλάτσεμαν, συζήτηση, абмеркаваньне, ахцәажәара, бахӏс, баҳс, беседа, бесєда, бесѣда,
бєсѣда, бәхәс, вераськон, веревирд авун, дийца, дийцар, дийцаре, дискусси, діскузіа, діскузія, ихтилат,
каҥашымаш, кортамо, корхнема, кӓнгӓшӹмӓш, меткән, музакере, обговорення, обсуждение, разговор, размовы,
розгварка, сюзюу, сёрнитанiн, сӳтсе явасси, тæрхон, талкуу, талқылау, тепсэлъэхьыгъуэ, ухалвр,
фекер алышыу, фекерләшеү, фикер алышу, хэлэлсэхэ, хэлэлцүүлэг, чугаа, шӱӱжӱ, ырытыы, ювцар, ӱзӱріг,
քննարկում, רעדן, שיחה, بحث, بَحَژ, تالقىلاۋ, تبادلۂ خیال, خبرې اترې, دانیشیق, لێدوان, مداكرة, مۇنازىرە,
نقاش, وتووێژ, چأک چئنە, ڤربينچڠن, کَتھ, گب, گل بات, گپ, ڳالھ مہاڑ, ܡܡܠܠܐ, ޚިޔާލު, ߢߊߝߐߞߣߍ, कुरणि,
खँलाबँला, चर्चा, बहज़, बातचीत, बार्ता, वार्ता, वार्तालाप, संभाषणं, सम्भाषणम्, सम्भासित, আলাপ, আলোচনা,
বার্তা, বাৰ্তা, য়্যারী, ਗੱਲ-ਬਾਤ, ਚਰਚਾ, ચર્ચા, ଆଲୋଚନା, பேச்சு, చర్చ, ಚರ್ಚೆ, ಚರ್ಚೆಪುಟ, ಪಾತೆರ, സം, സംവാദം,
සාකච්ඡාව, พูดคุย, ສົນທະນາ, ဆွီးနွီးချက်, ဆွေးနွေးချက်, ဓရီုကျာ, အိုင်ကိုမ်ဒေါ့ꩻရီ, ဢုပ်ႇၵုမ်, განხილვა,
ህድግ, ምይይጥ, ውይይት, ការពិភាក្សា, ពិភាក្សា, ᥟᥧᥙᥱ ᥐᥧᥛ, ᩋᩪ᩶ᨧᩣ, ᱜᱟᱞᱢᱟᱨᱟᱣ, ọ̀rọ̀, ⴰⵎⵙⴳⴷⴰⵍ, トーク, ノート, 傾偈, 对话, 對話,
討論, 談詑, 讨论, 谈詑, ꠝꠣꠔ, ꯋꯥ ꯍꯥꯏꯐꯝ, 토론, 𑄇𑄧𑄙
""")
"""The talk of the main namespace, which refuses titles that look like another namespace's: folded names."""

SWITCHES = _names("""
SKRIVENAKAT, STATIČKO_PREUSMERENJE, STATIČKO_PREUSMJERENJE, _ANCAMINARSTATICO_, _CATCUDD_,
_CYSWLLTADRANNEWYDD_, _GALERÎTUNE_, _HIDDENCAT_, _NAVEROKTUNE_, _NAVEROK_, _NEWSECTIONLINK_,
_ନୂଆ_ବିଭାଗ_ନକରିବା_ଲିଙ୍କ_, _ନୂଆବିଭାଗଲିଙ୍କ_, _ବଦଳା_ନହେବାଶ୍ରେଣୀ_, _ଲୁଚିଥିବାବିଭାଗ_, _സ്ഥിരസ്ഥിതതിരിച്ചുവിടൽ_,
СТАТИЧКО_ПРЕУСМЈЕРЕЊЕ, СТАТИЧКО_ПРЕУСМЕРЕЊЕ
""")
"""Behaviour switches without two underscores: https://www.mediawiki.org/wiki/Help:Magic_words#Behavior_switches."""
