// HTML rebuilt from an allow list (attacks.md F2): what payloads become, that nothing but allowed markup ever comes out, and that the result is
// read again as the same.
#include "mail/html/rebuild.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/text.h"

namespace posthorn::mail::html {
namespace {

Options with_images() {
  Options out;
  out.part = [](std::string_view id) { return id == "logo@x" ? std::string("data:image/png;base64,AAAA") : std::string(); };
  out.remote = [](std::string_view url) { return "/imgproxy?u=" + std::string(url.substr(0, 8)); };
  return out;
}

struct Case {
  const char* name;
  const char* html;
  const char* want;
};

const Case cases[] = {
    {"ordinary text", "<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"},
    {"unclosed elements are closed", "<div><p>a<b>b", "<div><p>a<b>b</b></p></div>"},
    {"a p ends at the next block", "<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>"},
    {"end tags of nothing are left out", "a</b></table></div>b", "ab"},
    {"list items end one another", "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"},
    {"cells and rows end one another", "<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"},
    {"body is a box", "<html><head><title>t</title></head><body bgcolor=#ffffff style='color:red'>x</body></html>", "<div bgcolor=\"#ffffff\" style=\"color:red\">x</div>"},
    {"scripts go with all they hold", "a<script>alert(1)</script>b", "ab"},
    {"style sheets go", "a<style>p{color:red}</style>b", "ab"},
    {"what a script does not end", "a<script>x</scrip></script >b", "ab"},
    {"an unclosed script takes the rest", "a<script>b<p>c", "a"},
    {"svg goes with all within", "a<svg><circle/><svg></svg><script>alert(1)</script></svg>b", "ab"},
    {"math goes", "<math><mi><mglyph><style><img src=x onerror=alert(1)></style></math>b", "b"},
    {"handlers go", "<img src=x onerror=alert(1) alt=a>", "<img alt=\"a\">"},
    {"comments go", "a<!-- <script>alert(1)</script> -->b<!-->c<!--->d<!--x--!>e", "abcde"},
    {"conditional comments go", "a<!--[if mso]><p>x</p><![endif]-->b<![if !mso]>c<![endif]>d", "abcd"},
    {"declarations go", "<!DOCTYPE html><?xml version=1?>a", "a"},
    {"a lone < is text", "1 < 2 <3 & 4", "1 &lt; 2 &lt;3 &amp; 4"},
    {"entities are undone once", "&lt;script&gt;&amp;lt;&#60;b&#x3e;", "&lt;script&gt;&amp;lt;&lt;b&gt;"},
    {"entities that nobody knows stay text", "&unknown; &#xZZ; &", "&amp;unknown; &amp;#xZZ; &amp;"},
    {"links say where they go", "<a href=\"https://bank.example@evil.test/x\" title='bank'>b</a>",
     "<a href=\"https://bank.example@evil.test/x\" target=\"_blank\" rel=\"noopener noreferrer\" title=\"evil.test\">b</a>"},
    {"mail links", "<a href='mailto:a@b.test?subject=x y'>m</a>", "<a href=\"mailto:a@b.test?subject=x%20y\" target=\"_blank\" rel=\"noopener noreferrer\">m</a>"},
    {"javascript links lose their address", "<a href='javascript:alert(1)'>x</a>", "<a>x</a>"},
    {"hidden by a tab", "<a href='java\tscript:alert(1)'>x</a>", "<a>x</a>"},
    {"hidden by entities", "<a href='&#106;avascript&colon;alert(1)'>x</a>", "<a>x</a>"},
    {"hidden by a control", "<a href='&#1;javascript:alert(1)'>x</a>", "<a>x</a>"},
    {"data links", "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<a>x</a>"},
    {"relative links lead nowhere", "<a href='/account'>x</a><a href='//evil.test'>y</a>", "<a>x</a><a>y</a>"},
    {"links within the message", "<a href='#top'>x</a><a name=top>y</a>", "<a href=\"#m-top\">x</a><a id=\"m-top\">y</a>"},
    {"ids that are too long with our mark", "<a href='#a23456789012345678901234567890123x'>x</a><a name=a23456789012345678901234567890123x>y</a>", "<a>x</a><a>y</a>"},
    {"ids are the message's own", "<p id=app class=x>y</p>", "<p id=\"m-app\">y</p>"},
    {"remote images are left out", "<img src='https://track.test/x.gif' width=1 height=1>", "<img width=\"1\" height=\"1\">"},
    {"pictures of the message", "<img src='data:image/png;base64,AAAA'>", "<img src=\"data:image/png;base64,AAAA\">"},
    {"svg pictures", "<img src='data:image/svg+xml;base64,AAAA'>", "<img>"},
    {"plain styles", "<p style=\"color: #f00; MARGIN: 0 auto; font-family: 'Segoe UI', Arial\">x</p>", "<p style=\"color:#f00;margin:0 auto;font-family:&#39;Segoe UI&#39;, Arial\">x</p>"},
    {"styles that fetch", "<p style=\"background:url(https://track.test/)\">x</p>", "<p>x</p>"},
    {"styles that fetch, escaped", "<p style=\"background:u\\72l(https://track.test/)\">x</p>", "<p>x</p>"},
    {"styles with comments", "<p style=\"color:red/**/;background:ur/**/l(x)\">x</p>", "<p>x</p>"},
    {"styles by variables", "<p style=\"--x:url(https://track.test/);background:var(--x)\">x</p>", "<p>x</p>"},
    {"styles that cover the page", "<div style=\"position:fixed;top:0;left:0;z-index:9;width:100%\">x</div>", "<div style=\"width:100%\">x</div>"},
    {"styles that compute", "<p style=\"width:expression(alert(1));color:rgb(1,2,3)\">x</p>", "<p style=\"color:rgb(1,2,3)\">x</p>"},
    {"image-set and friends", "<p style=\"background:image-set('x' 1x);list-style:-webkit-image-set(url(x) 1x)\">x</p>", "<p>x</p>"},
    {"body background", "<body background=https://track.test/x.gif>x</body>", "<div>x</div>"},
    {"forms lose their parts", "<form action=https://evil.test><input name=p><button>go</button></form>", "go"},
    {"frames", "<iframe src=https://evil.test></iframe><iframe srcdoc='<script>alert(1)</script>'>x</iframe>y", "y"},
    {"base and meta and link", "<base href=https://evil.test><meta http-equiv=refresh content='0;url=x'><link rel=stylesheet href=x>y", "y"},
    {"objects and embeds", "<object data=x><p>in</p></object><embed src=x>y", "y"},
    {"templates and noscript", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>y<template><b>z</b></template>", "y"},
    {"a text area never ends early", "<textarea></textarea><img src=x></textarea>y", "<img>y"},
    {"xmp and plaintext", "<xmp><img src=x onerror=alert(1)></xmp>y<plaintext><b>z", "y"},
    {"attributes without values, with slashes, twice", "<p/title=a/title=b align>x</p>", "<p title=\"a/title=b\">x</p>"},
    {"quotes in values", "<p title='\"><script>alert(1)</script>'>x</p>", "<p title=\"&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">x</p>"},
    {"back quotes", "<p title=`onmouseover=alert(1)`>x</p>", "<p title=\"&#96;onmouseover=alert(1)&#96;\">x</p>"},
    {"a tag that never ends", "a<p title=\"x", "a"},
    {"a tag within a tag", "<p <script>alert(1)</script>>x</p>", "<p>alert(1)&gt;x</p>"},
    {"other namespaces' tags", "<o:p>x</o:p><v:shape>y</v:shape>", "xy"},
    {"a foreign table trick", "<table><a href=x><table></table></a>", "<table><a><table></table></a></table>"},
    {"case does not matter", "<SCRIPT>x</SCRIPT><P STYLE='COLOR:RED'>y", "<p style=\"color:RED\">y</p>"},
    {"controls are left out", "a\x01\x02" "b&#0;&#8;c", "abc"},
};

TEST(HtmlRebuild, what_becomes_of_markup) {
  for (const auto& one : cases) EXPECT_EQ(rebuild(one.html).html, one.want) << one.name;
}

TEST(HtmlRebuild, images_are_shown_only_through_who_asks_for_them) {
  const auto shown = rebuild("<img src='cid:logo@x'><img src='cid:other'><img src='https://track.test/a.gif'><img src='//track.test/b'>", with_images());
  EXPECT_EQ(shown.html, "<img src=\"data:image/png;base64,AAAA\"><img><img src=\"/imgproxy?u=https://\"><img src=\"/imgproxy?u=https://\">");
  EXPECT_TRUE(shown.has_remote);
  EXPECT_TRUE(rebuild("<img src=http://x.test/>").has_remote);
  EXPECT_FALSE(rebuild("<img src=cid:x><img src=data:image/png;base64,AA==>").has_remote);
}

// -- an oracle that knows nothing of the builder: everything between < and > must be an allowed tag with allowed attributes.
const std::set<std::string, std::less<>> allowed_attributes = {"align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "face", "height", "href", "id", "lang",
                                                               "rel", "rowspan", "size", "src", "start", "style", "target", "title", "type", "valign", "value", "width"};
const std::set<std::string, std::less<>> forbidden_elements = {"script", "style", "svg", "math", "iframe", "object", "embed", "form", "input", "button", "base", "meta", "link", "template", "noscript",
                                                               "select", "textarea", "title", "xmp", "plaintext", "audio", "video", "frameset", "frame", "applet", "body", "html", "head"};

std::string fault_of(std::string_view html) {
  for (std::size_t at = 0; at < html.size(); ++at) {
    if (html[at] == '>') return "a lone > at " + std::to_string(at);
    if (html[at] != '<') continue;
    ++at;
    const bool end = at < html.size() && html[at] == '/';
    if (end) ++at;
    const auto name_at = at;
    while (at < html.size() && (std::isalnum(static_cast<unsigned char>(html[at])) != 0)) ++at;
    const auto name = html.substr(name_at, at - name_at);
    if (name.empty() || forbidden_elements.contains(name)) return "element " + std::string(name);
    while (!end && at < html.size() && html[at] == ' ') {
      const auto equals = html.find("=\"", at);
      if (equals == std::string_view::npos) return "an attribute without a value";
      const auto attribute = html.substr(at + 1, equals - at - 1);
      const auto close = html.find('"', equals + 2);
      if (!allowed_attributes.contains(attribute) || close == std::string_view::npos) return "attribute " + std::string(attribute);
      const auto value = to_lower(html.substr(equals + 2, close - equals - 2));
      if (value.find_first_of("<>'`") != std::string::npos) return "a raw value";
      if (attribute == "href" && !value.starts_with("http://") && !value.starts_with("https://") && !value.starts_with("mailto:") && !value.starts_with("#m-")) return "href " + value;
      if (attribute == "src" && !value.starts_with("data:image/") && !value.starts_with("/imgproxy?")) return "src " + value;
      if (attribute == "style" && (value.contains("url") || value.contains("\\") || value.contains("expression") || value.contains("position") || value.contains("var(") || value.contains("@"))) return "style " + value;
      at = close + 1;
    }
    if (at >= html.size() || html[at] != '>') return "a tag that does not end";
  }
  return {};
}

const char* const payloads[] = {
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /></svg>",
    "<svg><a><animate attributeName=href values=javascript:alert(1) /><text y=20>x</text></a></svg>", "<svg><use href=\"data:image/svg+xml;base64,AA\"></svg>", "<iframe src=javascript:alert(1)>",
    "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>x</details>", "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>", "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>", "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>", "<a href=\"java&#10;script:alert(1)\">x</a>", "<a href=\"java&Tab;script:alert(1)\">x</a>", "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>", "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>", "<a href=\"blob:https://x/1\">x</a>", "<a href=\"feed:javascript:alert(1)\">x</a>",
    "<form><button formaction=javascript:alert(1)>x</button></form>", "<math href=javascript:alert(1)>x</math>", "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<style><img src=\"</style><img src=x onerror=alert(1)//\">",
    "<title><img src=\"</title><img src=x onerror=alert(1)>\">", "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">", "<xmp><p title=\"</xmp><svg/onload=alert(1)>\">",
    "<select><template><svg onload=alert(1)></template></select>", "<table><td background=javascript:alert(1)>x", "<div style=\"background:url(javascript:alert(1))\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>", "<div style=\"behavior:url(x.htc)\">x</div>", "<div style=\"-moz-binding:url(x)\">x</div>", "<style>@import 'http://x';</style>",
    "<link rel=stylesheet href=http://x>", "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">", "<base href=javascript:alert(1)//>", "<isindex type=image src=1 onerror=alert(1)>",
    "<img src=\"x` `<script>alert(1)</script>\"` `>", "<img/src=x/onerror=alert(1)>", "<img\nsrc=x\nonerror\n=\nalert(1)>", "<img src=x:alert(1) onerror=eval(src)>", "<<script>alert(1)//<</script>",
    "<script/src=data:,alert(1)>", "<script\x0c>alert(1)</script>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "</p/onmouseover=alert(1)>x", "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->", "<?xml-stylesheet href=\"javascript:alert(1)\"?>", "<![CDATA[<script>alert(1)</script>]]>", "<a style=\"--a:url(http://x)\">x</a>",
    "<p style=\"background-image:u\\0072l('http://x')\">x</p>", "<p style=\"color:red;}body{background:url(http://x)\">x</p>", "<p style='font-family:\"x;background:url(http://x)\"'>x</p>",
    "<p style=\"content:attr(x)\">x</p>", "<p style=\"cursor:url(http://x),auto\">x</p>", "<p style=\"filter:url(#x)\">x</p>", "<p style=\"list-style-image:url(http://x)\">x</p>",
    "<p style=\"background:RED URL (http://x)\">x</p>", "<p style=\"mask:url(http://x)\">x</p>", "<p style=\"position:fixed;inset:0\">x</p>", "<img srcset=\"http://x 1x\">", "<img src=http://x lowsrc=http://y dynsrc=http://z>",
    "<picture><source srcset=http://x><img src=http://x></picture>", "<input type=image src=http://x>", "<table background=http://x><tr><td>x", "<a href=http://x ping=http://y>x</a>",
    "<link rel=prefetch href=http://x>", "<video poster=http://x></video>", "<img src=\"cid:logo@x\" onload=alert(1)>", "<img src='data:image/svg+xml,<svg onload=alert(1)>'>", "<img src='data:image/png;base64,AA\" onerror=alert(1)'>",
    "<a id=x name=__proto__>x</a>", "<p id=document.cookie>x</p>", "<form id=x><output name=y></form>", "<a href=\"https://x\\@y\">x</a>", "<a href=\"https:x\">x</a>", "<a href=\"https://\">x</a>",
    "<a href='https://a\" onclick=\"alert(1)'>x</a>", "<a target=_self href=https://x>x</a>", "<a rel=opener href=https://x>x</a>", "<custom-element onclick=alert(1)>x</custom-element>", "<p is=x-y>x</p>", "<slot name=x>y</slot>",
    "<dialog open>x</dialog>", "<keygen autofocus onfocus=alert(1)>", "<bgsound src=javascript:alert(1)>", "<layer src=http://x>", "<frameset onload=alert(1)><frame src=http://x></frameset>", "<applet code=x>",
};
const char* const wrappers[] = {"%", "<div>%</div>", "<p title=\"%\">x</p>", "<table><tr><td>%", "<svg>%</svg>%", "<!-- % -->%", "<b><i>%</b></i>%"};

std::string wrapped(std::string_view wrapper, std::string_view payload) {
  std::string out;
  for (const char c : wrapper) out += c == '%' ? std::string(payload) : std::string(1, c);
  return out;
}

TEST(HtmlRebuild, no_payload_comes_out_as_more_than_allowed_markup_and_is_read_again_as_the_same) {
  std::size_t count = 0;
  for (const auto* payload : payloads)
    for (const auto* wrapper : wrappers) {
      const auto html = wrapped(wrapper, payload);
      for (const auto& options : {Options{}, with_images()}) {
        const auto once = rebuild(html, options).html;
        EXPECT_EQ(fault_of(once), "") << html << "\n" << once;
        EXPECT_EQ(rebuild(once, Options{}).html, rebuild(rebuild(once, Options{}).html, Options{}).html) << html;
        if (!options.remote) {
          EXPECT_EQ(rebuild(once).html, once) << html;
        }
        ++count;
      }
    }
  EXPECT_GE(count, 1400u);
}

TEST(HtmlRebuild, pieces_of_payloads_in_any_order_give_allowed_markup) {
  std::mt19937 random(20261129);
  for (int i = 0; i < 3000; ++i) {
    std::string html;
    for (int j = 0; j < 6; ++j) {
      const std::string_view payload = payloads[random() % std::size(payloads)];
      const auto from = random() % payload.size();
      html += payload.substr(from, 1 + random() % payload.size());
    }
    const auto once = rebuild(html).html;
    ASSERT_EQ(fault_of(once), "") << html << "\n" << once;
    ASSERT_EQ(rebuild(once).html, once) << html;
  }
}

TEST(HtmlRebuild, a_link_whose_text_shows_another_host_is_followed_by_the_true_one) {
  struct Case {
    const char* html;
    const char* told;  // nothing: no note
  };
  const Case links[] = {
      {"<a href=https://evil.test/login>https://bank.example/login</a>", "evil.test"},
      {"<a href=https://evil.test/login>www.<b>bank</b>.example</a>", "evil.test"},
      {"<a href=https://evil.test/login>Sign in at https://bank.example now</a>", "evil.test"},
      {"<a href=https://bank.example@evil.test/>bank.example</a>", "evil.test"},
      {"<a href=https://evil.test/>bank.de</a>", "evil.test"},
      {"<a href=https://evil.test:8443/>bank.example/login", "evil.test:8443"},
      {"<a href=https://bank.example/a>www.bank.example</a>", nullptr},
      {"<a href=https://login.bank.example/a>bank.example</a>", nullptr},
      {"<a href=https://evil.test/>Sign in</a>", nullptr},
      {"<a href=https://files.test/1>report.pdf</a>", nullptr},
      {"<a href=https://git.test/1>main.rs</a>", nullptr},
      {"<a href=https://people.test/1>ana@bank.example</a>", nullptr},
      {"<a href=mailto:a@evil.test>bank.example</a>", nullptr},
      {"<a name=here>bank.example</a>", nullptr},
      {"<a href=https://a.test/>x</a> bank.example", nullptr},
  };
  Options options;
  options.tell_links = true;
  for (const auto& one : links) {
    const auto html = rebuild(one.html, options).html;
    EXPECT_EQ(html.contains("<small"), one.told != nullptr) << html;
    if (one.told != nullptr) {
      EXPECT_TRUE(html.contains(std::string("\u2192 ") + one.told + "]</small>")) << html;
    }
    EXPECT_EQ(fault_of(html), "") << html;
    EXPECT_EQ(rebuild(html).html, html);
    EXPECT_FALSE(rebuild(one.html).html.contains("<small"));
  }
}

// attacks.md D10
TEST(HtmlRebuild, depth_and_size_are_bounded_and_time_is_linear) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<div>";
  EXPECT_LT(rebuild(deep).html.size(), 20'000u);
  std::string cells = "<table>";
  for (int i = 0; i < 50'000; ++i) cells += "<tr><td>x";
  EXPECT_TRUE(rebuild(cells).html.ends_with("</table>"));
  Options small;
  small.most = 1000;
  const auto cut = rebuild(std::string(100'000, 'x') + std::string(1000, '<'), small);
  EXPECT_EQ(fault_of(rebuild("<p>" + std::string(50'000, '&')).html), "");
  std::string open_quotes;
  for (int i = 0; i < 20'000; ++i) open_quotes += "<p title=\"x ";
  EXPECT_EQ(fault_of(rebuild(open_quotes).html), "");
  std::string ends = "<script>";
  for (int i = 0; i < 100'000; ++i) ends += "</scrip";
  EXPECT_EQ(rebuild(ends).html, "");
  std::string comments;
  for (int i = 0; i < 100'000; ++i) comments += "<!--";
  EXPECT_EQ(rebuild(comments).html, "");
}

TEST(HtmlRebuild, the_page_of_the_frame_has_the_message_and_nothing_that_runs) {
  const auto page = document(rebuild("<p>x</p>"), Theme::dark);
  EXPECT_TRUE(page.contains("<p>x</p>"));
  EXPECT_TRUE(page.contains("color-scheme:dark"));
  EXPECT_FALSE(page.contains("<script"));
}

// Dark letters on a dark ground are read by nobody: what was made for a white page is turned round as a whole.
TEST(HtmlRebuild, in_the_dark_colours_of_the_sender_are_turned_round_and_a_letter_without_any_is_not) {
  for (const auto* html : {"<p style=\"color:#222\">x</p>", "<p style=\"background:#fff\">x</p>", "<table bgcolor=\"#ffffff\"><tr><td>x</table>", "<font color=black>x</font>"}) {
    EXPECT_TRUE(document(rebuild(html), Theme::dark).contains("filter:invert")) << html;
    EXPECT_FALSE(document(rebuild(html), Theme::light).contains("filter")) << html;
  }
  EXPECT_FALSE(document(rebuild("<p style=\"font-size:12px\">x</p>"), Theme::dark).contains("filter"));
}

}  // namespace
}  // namespace posthorn::mail::html
