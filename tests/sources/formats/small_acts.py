"""Small documents of our own in the publishers' markup, so that the readers are proven without the real files."""

# ruff: noqa: E501 - lines of markup and CSV are as long as the publishers make them
from __future__ import annotations


def point(label: str, text: str) -> str:
    """A layout table with a label and its text."""
    return (
        '<table><col width="4%"/><col width="96%"/><tbody><tr>'
        f'<td><p class="oj-normal">{label}</p></td><td><p class="oj-normal">{text}</p></td></tr></tbody></table>'
    )


_NESTED = point(
    "(a)",
    "light the lantern within one hour after sunset:</p>"
    + point("(i)", "in winter;")
    + '<p class="oj-normal">or;',
)
_QUOTED = point("(a)", "watch them;") + point("(b)", "count them.\u2019.")

OJ = f"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML//EN"
"xhtml-strict.dtd"> <html xmlns="http://www.w3.org/1999/xhtml"><!-- made for tests
--><head><title>x</title></head><body> <table><tbody><tr><td><p class="oj-hd-date">1.2.2030</p></td><td><p
class="oj-hd-lg">EN</p></td></tr></tbody></table> <div class="eli-container">
<div class="eli-main-title" id="tit_1"><p class="oj-doc-ti">REGULATION (EU) 2030/77 OF THE TOWN COUNCIL</p>
<p class="oj-doc-ti">on lanterns</p></div>
<div class="eli-subdivision" id="pbl_1"><p class="oj-normal">THE TOWN COUNCIL,</p>
<div class="eli-subdivision" id="rct_1">{point("(1)", "Lanterns give light.")}</div>
<div class="eli-subdivision" id="rct_2">{point("(2)", "Light is good.")}</div></div>
<div class="eli-subdivision" id="enc_1">
<div id="cpt_I"><p class="oj-ti-section-1">CHAPTER I</p>
<div class="eli-title" id="cpt_I.tit_1"><p class="oj-ti-section-2">General</p></div>
<div class="eli-subdivision" id="art_1"><p class="oj-ti-art">Article\u00a01</p>
<div class="eli-title" id="art_1.tit_1"><p class="oj-sti-art">Scope</p></div>
<p class="oj-normal">This Regulation applies to lanterns.</p></div>
<div class="eli-subdivision" id="art_2"><p class="oj-ti-art">Article\u00a02</p>
<div class="eli-title" id="art_2.tit_1"><p class="oj-sti-art">Duties of keepers</p></div>
<div id="002.001"><p class="oj-normal">1.\u00a0\u00a0\u00a0Keepers shall <a
href="#n1">(<span>1</span>)</a>:</p> {_NESTED}
{point("(b)", "clean the glass.")}<p class="oj-normal">Helpers shall:</p>{point("(a)", "help.")}</div>
<div id="002.002"><p class="oj-normal">2.\u00a0\u00a0\u00a0Nobody shall blow lanterns
out.</p></div></div></div> <div id="cpt_II"><p class="oj-ti-section-1">CHAPTER II</p>
<div class="eli-subdivision" id="art_10"><p class="oj-ti-art">Article\u00a010</p>
<p class="oj-normal">In the Candle Act the following is added:</p>
<div id="010.001"><p class="oj-normal">\u20181.\u00a0\u00a0\u00a0Keepers of candles shall:</p>
{_QUOTED}</div></div></div></div>
<div class="oj-final"><p class="oj-signatory">Done at Lantern Hill.</p></div></div>
<div class="eli-container" id="anx_\u00a0I"><p class="oj-doc-ti">ANNEX I</p><p class="oj-doc-ti">Kinds of
lanterns</p> <p class="oj-ti-grseq-1">Part A: Large</p><div
class="oj-enumeration-spacing"><p>1.\u00a0\u00a0</p><p>Street lanterns</p></div> <p
class="oj-ti-grseq-1">Part B: Small</p>{point("1.", "Hand lanterns")} <table
class="oj-table"><tbody><tr><td>Kind</td><td>Oil</td></tr><tr><td><p>Hand</p></td><td><p>5</p></td></tr></tbody></table> </div><p class="oj-note">(<span>1</span>) A footnote.</p></body></html>
"""

FORMEX = """<?xml version="1.0" encoding="utf-8"?><CONS.ACT><INFO.CONSLEG START.DATE="20310101"/><CONS.DOC>
<BIB.INSTANCE><LG.DOC>EN</LG.DOC></BIB.INSTANCE>
<FAM.COMP><BIB.DATA><NO.CELEX>32030R0077</NO.CELEX></BIB.DATA></FAM.COMP>
<TITLE><TI><P><HT TYPE="UC">Regulation</HT> (EU) 2030/77</P><P>on lanterns</P></TI></TITLE>
<PREAMBLE><PREAMBLE.INIT/></PREAMBLE><ENACTING.TERMS>
<DIVISION><TITLE><TI><P>CHAPTER I</P></TI><STI><P>General</P></STI></TITLE>
<ARTICLE IDENTIFIER="001"><TI.ART>Article 1</TI.ART><STI.ART>Scope</STI.ART>
<ALINEA>This Regulation applies to lanterns.</ALINEA></ARTICLE>
<ARTICLE IDENTIFIER="001A"><TI.ART>Article 1a</TI.ART><ALINEA>It does not apply to the
moon.</ALINEA></ARTICLE> <ARTICLE IDENTIFIER="002"><TI.ART>Article 2</TI.ART><STI.ART>Duties of
keepers</STI.ART> <PARAG IDENTIFIER="002.001"><NO.PARAG>1.</NO.PARAG><ALINEA><P>Keepers shall<NOTE
NOTE.ID="E1" NUMBERING="ARAB"><P>A footnote.</P></NOTE>:</P><LIST TYPE="alpha">
<ITEM><NP><NO.P>(a)</NO.P><TXT>light the lantern within one hour after sunset:</TXT><P><LIST TYPE="roman">
<ITEM><NP><NO.P>(i)</NO.P><TXT>in winter;</TXT></NP></ITEM></LIST></P><P>or;</P></NP></ITEM>
<?CLG.MDFO ID="O1" IDREF="C1" ACTION="REPLACED"?><ITEM><NP><NO.P>(b)</NO.P><TXT>burn <FT
TYPE="NUMBER">15000</FT> drops.</TXT> </NP></ITEM><?CLG.MDFC ID="C1" IDREF="O1"?></LIST></ALINEA></PARAG>
<?CLG.MDFO ID="O2" IDREF="C2" ACTION="DELETED"?><PARAG IDENTIFIER="002.002"><NO.PARAG>2.</NO.PARAG>
<ALINEA>Nobody shall blow lanterns out.</ALINEA></PARAG><?CLG.MDFC ID="C2" IDREF="O2"?></ARTICLE></DIVISION>
<DIVISION><TITLE><TI><P>CHAPTER II</P></TI></TITLE><ARTICLE IDENTIFIER="010"><TI.ART>Article 10</TI.ART>
<ALINEA><P>In the Candle Act the following is added:</P><QUOT.S LEVEL="1"><PARAG
IDENTIFIER="010.001"><NO.PARAG> <QUOT.START CODE="2018"/>1.</NO.PARAG><ALINEA><P>Keepers of candles
shall:</P><LIST><ITEM><NP><NO.P>(a)</NO.P> <TXT>watch them.<QUOT.END
CODE="2019"/></TXT></NP></ITEM></LIST></ALINEA></PARAG></QUOT.S></ALINEA></ARTICLE>
</DIVISION></ENACTING.TERMS><FINAL><P>Done at Lantern Hill.</P></FINAL> <CONS.ANNEX><TITLE><TI><P>ANNEX
I</P></TI><STI><P>Kinds of lanterns</P></STI></TITLE><CONTENTS> <GR.SEQ><TITLE><TI><P>Part A:
Large</P></TI></TITLE><NP><NO.P>1.</NO.P><TXT>Street lanterns</TXT></NP></GR.SEQ> <GR.SEQ><TITLE><TI><P>Part
B: Small</P></TI></TITLE><NP><NO.P>1.</NO.P><TXT>Hand lanterns</TXT></NP> <LIST TYPE="DASH"><ITEM><P>with a
handle</P></ITEM></LIST>
<TBL><CORPUS><ROW><CELL>Kind</CELL><CELL>Oil</CELL></ROW><ROW><CELL><P>Hand</P></CELL><CELL>5</CELL></ROW></CORPUS></TBL> </GR.SEQ></CONTENTS></CONS.ANNEX></CONS.DOC></CONS.ACT>
"""

UN = """<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST
dateGenerated="2030-02-03T00:00:00Z"><INDIVIDUALS>
<INDIVIDUAL><DATAID>101</DATAID><FIRST_NAME>ODO</FIRST_NAME><SECOND_NAME>VAN DER LAMP</SECOND_NAME>
<UN_LIST_TYPE>Lantern</UN_LIST_TYPE><REFERENCE_NUMBER>LNi.001</REFERENCE_NUMBER><LISTED_ON>2029-01-01</LISTED_ON> <GENDER>Male</GENDER><NAME_ORIGINAL_SCRIPT>Одо Лампов</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Viet Nam</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Oddo Lampe</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Lamp</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1968</FROM_YEAR><TO_YEAR>1970</TO_YEAR>
</INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1969-05-06</DATE>
</INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1971</YEAR>
</INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_PLACE_OF_BIRTH><CITY>Wick</CITY><COUNTRY>Moonland</COUNTRY>
</INDIVIDUAL_PLACE_OF_BIRTH><INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>ZZ001</NUMBER>
</INDIVIDUAL_DOCUMENT><INDIVIDUAL_ADDRESS><STREET>1 Wick
Lane</STREET><COUNTRY>Ireland</COUNTRY></INDIVIDUAL_ADDRESS>
</INDIVIDUAL><INDIVIDUAL><DATAID>x</DATAID><FIRST_NAME>NOBODY</FIRST_NAME></INDIVIDUAL>
<INDIVIDUAL><DATAID>103</DATAID><FIRST_NAME/></INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><DATAID>201</DATAID> <FIRST_NAME>WICK AND OIL (WAO) ; OIL AND WICK</FIRST_NAME><ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY>
<ALIAS_NAME>Tallow House</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES></CONSOLIDATED_LIST>
"""

SDN = """101,"LAMPOV, Odo","individual","LNT] [WICK","Keeper",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB circa 1969; alt. DOB 06 May 1970; POB Wick, Ireland; nationality Turkey; Gender Male; Passport ZZ001 (Ireland) expires 01 Jan 2031; Tax ID No. 55-1 (Ireland); a.k.a. 'THE LAMP'; Linked To: WICK AND OIL."
102,"WICK AND OIL",-0- ,"LNT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Registration Number 7788 (Ireland); Website www.wick.example; Organization Established Date 1990."
103,"SEA LAMP","vessel","LNT",-0- ,"LAMP1","Tug","100","90","Burma","Odo","Vessel Registration Identification IMO 9074729; MMSI 422144000."
104,"LX-LMP","aircraft","LNT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Aircraft Model L-1; Aircraft Manufacture Date 1999."
105,-0- ,-0- ,"LNT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
102,"TWICE",-0- ,"LNT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
106,"SHORT"
\x1a
"""
ALT = '101,1,"aka","LAMPE, Oddo",-0- \n102,2,"fka","TALLOW HOUSE",-0- \n999,3,"aka","GONE",-0- \n\x1a\n'
ADD = '101,1,"1 Wick Lane","Dublin","Ireland",-0- \n999,2,"x","y","Ireland",-0- \nbad\n'
