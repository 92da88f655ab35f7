"""The words of page furniture, as patterns; ``corpus/furniture.py`` decides what they mean.

Patterns are verbose and ignore case. In PHRASES, ``~`` is any character that ends no sentence.
"""

import enum


class Kind(enum.Enum):
    """What a line's words say about it."""

    SURE = "furniture wherever it stands alone"
    HEADS_LIST = "SURE, and so are the headlines below it"
    EDGE = "furniture above or below the article, or next to SURE"
    COUNTED = "SURE if the value holds a number, else not furniture"
    MENU = "furniture where three stand together above or below the article, or next to SURE"
    FIELD = "furniture next to SURE only"
    TEXT = "not furniture"


PHRASES: dict[Kind, str] = {
    Kind.SURE: r"""
        skip\ to\ (?:main\ )?(?:content|navigation) | barrier[\ -]?free\ (?:access|reading|browsing)
        | (?:toggle\ )?main\ menu
        | (?:简体)?中文版?|繁[体體]中?文?版?|简体|英文版|手机版|无障碍(?:浏览|阅读)?
        | (?:log|sign)[\ -]?in(?:\ to\ (?:comment|reply|vote|view|continue)~{0,20})?
        | sign\ up(?:\ (?:for|to)\ ~{1,60})?
        | (?:set|make)\ (?:as|this)\ (?:my\ |your\ )?home\ ?page | bookmark\ (?:this|us)~{0,20}
        | add\ to\ favou?rites? | print(?:\ this)?\ (?:page|article|story|version)
        | print\ friendly~{0,20}
        | e-?mail\ this~{0,30} | send\ to\ a\ friend | save\ this(?:\ (?:article|page|story))?
        | share(?:\ (?:this|on|to|via|with)\b~{0,50}|:) | tweet(?:\ this)? | pin\ it | like\ this:?
        | follow\ (?:us|me)(?:\ (?:on|at|via)\b~{0,60})? | like\ us(?:\ on\ ~{1,30})?
        | (?:find|join|connect\ with)\ us\ on\ ~{1,60} | download\ (?:our|the)\ app~{0,30}
        | subscribe(?:\ (?:now|today|here|to|for|via)\b~{0,80})?
        | (?:our\ )?newsletters?(?:\ sign-?up)?
        | enter\ (?:your\ )?e-?mail(?:\ address)?(?:\ here)? | your\ e-?mail(?:\ address)?
        | (?:read|see|show|load|view)\ (?:more|all|full\ (?:story|article|text))(?:\ ~{1,30})?
        | learn\ more | continue\ reading(?:\ ~{1,60})? | click\ here\b~{0,60} | expand\ all
        | (?:back|return)\ to\ (?:the\ )?(?:top|home|list|main|previous)~{0,20} | go\ to\ top
        | (?:previous|next|prev)\ (?:article|post|page|story|news)s?(?:\s*[:：]~{0,120})?
        | (?:leave|post|write|add)\ a\ (?:comment|reply) | cancel\ reply | no\ comments?(?:\ yet)?
        | be\ the\ first\ to\ comment | [\d,.]+\ comments?
        | comments\ (?:are\ )?(?:off|closed)~{0,20}
        | (?:blog\ )?comments?\ powered\ by\ ~{1,30}
        | \d+\ min(?:ute)?s?\ read | express\ news | advertisements? | advertise\ with\ us
        | sponsored(?:\ (?:content|links?|post))? | (?:friendly|friendship|quick)\ links
        | cookie\ (?:settings|preferences)
        | (?:accept|allow|reject|decline)(?:\ all)?\ cookies | (?:accept|reject)\ all
        | manage\ (?:cookie\ )?(?:preferences|cookies|consent) | change\ (?:it|another|a\ batch)
        | (?:font|text)\ size | (?:scan|long\ press)\ (?:the\ )?(?:qr|two-dimensional)\ ?code~{0,60}
        | (?:sina\ )?weibo | (?:micro\ message|wechat)\ (?:public|official)\ ~{1,40}
        | (?:page|pg\.?)\ \d+(?:\ (?:of|/)\ ?\d+)? | loading(?:\.{3}|…)? | all\ rights\ reserved
        | _?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} | high\ contrast
        | (?:close|open)\ (?:the\ )?(?:menu|window)
        | 加入收藏 | 收藏本[站页]? | 收藏 | 设为首页 | 工作邮箱 | 微信公众号 | 微信
        | (?:新浪)?微博 | 分享(?:到|至)?~{0,20}
        | 打印(?:本页|此页|文章)? | 关闭(?:窗口|本页|页面)?
        | (?:返回|回到)(?:顶部|列表|首页|上一?[页级]|搜狐)
        | [上下]一[篇页条]~{0,60}|[字号体]{1,2}[：:]?\s*[大中小]|大[\s|]*中[\s|]*小|友情链接
        | 网站(?:地图|声明|首页) | 版权声明 | 隐私(?:政策|声明|保护) | 联系我们 | 关于我们
        | 发表评论 | 我要(?:评论|纠错|投稿|分享)
        | (?:点击|查看|加载|阅读)(?:更多|全文|原文)(?:内容)? | 展开(?:全文|更多) | 换一[换批]
        | 扫一扫~{0,30} | 扫描?~{0,4}二维码~{0,30}
        | 长按~{0,30}|登录|注册|客户端(?:下载)?|广告|网站标识码~{0,40}
        | (?:updated\ )?\d+\ (?:minutes?|hours?|days?|weeks?)\ ago | font:?\ large\ medium\ small
        | last\ modified\ on\ ~{1,40} | follow\ @~{1,40} | (?:\d\ ){3,}(?:\d|next)(?:\ next)?
        | close\ (?:this\ )?(?:window|ad) | skip\ ad | (?:wechat|qr\ code)\ (?:scan|qr\ code)
        | scan\ (?:the\ code|it)~{0,40} | follow\ (?:our\ )?wechat~{0,40} | add\ to\ collection
        | (?:mobile|old|desktop|pc)\ version | i\ want\ to\ comment | (?:user|latest)\ comments
        | comment\ area | please\ enter\ (?:a\ )?keywords? | accessible\ browsing | elderly\ mode
        | barrier-?free\ reading | (?:simplified|traditional)\ chinese | [<«]*\ ?previous\ next
        | see\ details | turn\ on\ notifications | allow\ notifications | post\ comment | sort\ by
        | loading\ comments(?:\.{3}|…)? | (?:view|show|hide)\ (?:\d+\ )?comments | report\ abuse
        | (?:advertisement\ -\ )?(?:story|article)\ continues\ (?:below|after)(?:\ advertisement)?
        | already\ a\ ~{1,30} | create\ an\ account | forgot\ (?:your\ )?password\?? | unsubscribe
        | available\ on\ the\ (?:app\ store|google\ play) | send\ us\ a\ tip | reuse\ this\ content
        | contact\ the\ (?:editor|reporter|author) | reprints\ (?:&|and)\ permissions
        | get\ our\ ~{1,40}
        | notify\ me\ of\ new\ ~{1,40} | learn\ how\ your\ comment\ data\ is\ processed
        | this\ site\ uses\ akismet\ to\ reduce\ spam | friendship\ links? | friendly\ links?
        | set\ as\ favou?rite | website\ identification\ code~{0,30}
    """,
    Kind.HEADS_LIST: r"""
        (?:recommended|related|further|suggested)\ (?:reading|articles?|posts?|stories|news|links?)
        | you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested\ in) | recommended\ for\ you
        | more\ (?:stories|news|articles|from\ ~{1,40}|on\ this\ (?:topic|story))
        | (?:most|popular|trending)\ (?:read|viewed|popular|shared|posts?|articles|stories|now|news)
        | (?:top|latest|hot|recent)\ (?:stories|news|articles|posts|headlines)
        | editors?['’]?s?\ picks?
        | (?:also\ read|read\ (?:next|also))(?:\s*[:：]~{0,120})?
        | 推荐阅读 | 相关(?:阅读|链接|新闻|文章|推荐|报道) | 延伸阅读 | 猜你喜欢
        | 热门(?:推荐|文章|新闻|阅读|排行)
        | guess\ you\ like | related\ recommendations | hot\ (?:news|articles)\ ranking | featured
        | trending | recommended | more\ on | promoted | editors?['’]?s?\ choice | hot\ topics
        | 最新(?:文章|资讯|新闻)|精彩推荐|为您推荐|热点推荐
    """,
    Kind.EDGE: r"""
        print | share | follow | reply | e-?mail | save | got\ it | ok | cancel | donate(?:\ now)?
        | facebook | twitter | linkedin | whats ?app | wechat | pinterest | reddit | telegram
        | instagram | youtube | tiktok | qq | qzone | qq空间 | copy\ link | link\ copied
        | breaking\ news
        | (?:posted|published|updated|written)\ (?:on|by|in|at)\ ~{1,60} | comments?\ \(\d+\)
        | (?:log|sign)\ in\ to\ ~{1,40} | (?:likes?|shares?|tweets?|comments?)\ [\d,.]+[km]?
        | this\ (?:article|story|post)\ (?:was|is|has\ been|first|originally)\ ~{1,100}
        | your\ e-?mail\ address\ will\ not\ be\ published.{0,60} | recommend\ this\ ~{1,20}
        | report\ an?\ (?:error|problem) | error\ correction | 纠错 | become\ a\ ~{1,20}
        | start\ your\ ~{1,30} | join\ the\ (?:conversation|discussion) | listen\ to\ this\ ~{1,20}
        | xinhua | reuters | afp | ap | 完 | 新华社 | 中新社 | a\ a\ a
        | privacy\ (?:policy|statement|notice) | cookie\ (?:policy|notice) | legal\ notice
        | site\ ?map
        | terms\ (?:(?:and|&)\ conditions|of\ (?:use|service)) | (?:powered|designed)\ by\ ~{1,40}
        | [\d,.]+[km]?\ (?:page\ ?)?(?:views?|reads?|shares?|likes?|hits|followers|retweets)
    """,
    Kind.MENU: r"""
        collect(?:ion)? | like | report | go | submit | partners | topic | ad | name | privacy
        | notices? | privacy | en | view | see | details | corrections | return | home
        | home\ ?page | main\ page | about(?:\ us)? | contacts?(?:\ us)? | search | menu
        | news | help | faqs? | rss
        | register|log\ ?out|sign\ out|login|links|more|next|prev(?:ious)?|back|top|close|comments?
        | download|favou?rites?|bookmark|language|services|products|events|blog|careers|jobs|media
        | gallery|videos?|photos?|feedback|disclaimer|forum|copyright|accessibility|advertise|donate
        | shop|cart|my\ account|i\ agree|topics|small|medium|large|weather|sports?|business|opinion
        | world|culture|politics|technology|english|español|français|deutsch|italiano|português
        | русский | 日本語 | 한국어 | العربية | 中文 | 首页 | 主页 | 新闻 | 搜索 | 更多 | 简介
        | 帮助
        | 导航 | 评论 | 点赞
    """,
}

# Labels of "label: value".
LABELS: dict[Kind, str] = {
    Kind.SURE: r"""
        (?:article\ )?source|(?:published|posted)\ (?:by|in)|filed\ under|edited\ by
        | edit | editors? | editor-?\ ?in-?\ ?charge | reprinted\ from
        | original\ (?:title|link|source) | share\ to | tagged
        | (?:responsible|executive|chief|managing|web)\ editor | proof-?reader
        | (?:submission|contribution)\ (?:mailbox|e-?mail)|(?:sina\ )?weibo
        | (?:micro\ message|wechat)(?:\ (?:public|official)(?:\ (?:no\.?|account))?)?
        | you\ are\ here | (?:font|text)\ size | read\ more
        | (?:previous|next|prev)(?:\ (?:article|post))?
        | (?:责任|网页?|执行|本期|值班)?编辑 | 责编 | 编审 | 审核 | 校对 | 来源 | 稿源
        | (?:本文|信息|文章)来源 | 作者 | 发布(?:者|人) | 当前位置 | 投稿邮箱 | 原标题 | 版权所有
        | 主办(?:单位)? | 承办(?:单位)? | 技术支持 | [上下]一[篇页条] | 分享到 | 字[体号]
    """,
    Kind.COUNTED: r"""
        (?:number|no\.)\ of\ (?:views|clicks|visits|reads|readers)|reading\ (?:volume|times)|read
        | total\ (?:visits|views)|first\ published|today|(?:service|consumer)\ hotline
        | contact\ (?:number|phone)|website\ identification\ code|icp\ (?:license|filing)~{0,20}
        | (?:internet\ )?news\ information\ service\ license~{0,10}|record\ (?:no\.?|number)
        | (?:published|posted|updated?|modified)(?:\ (?:on|at|date|time))?
        | (?:publish(?:ing)?|publication|release)\ (?:date|time)|last\ (?:updated|modified)
        | views?|page\ ?views?|hits|clicks?(?:\ count)?|reads|browse(?:\ times)?|visits
        | 发布(?:时间|日期)|更新(?:时间|日期)|(?:浏览|阅读|点击|访问)(?:次?数|量|率)?|人气
    """,
    Kind.EDGE: r"""
        technical\ support | friend(?:ly|ship)\ links? | photographer | correspondent | weather
        | sponsor | topics
        | tel(?:ephone)?(?:\ no\.?)?|phone|fax|hotline|mail\ ?box|post\ ?code|zip(?:\ code)?|tags?
        | e-?mail(?:\ address)? | web\ ?site | (?:photo|image)\ (?:credit|source|by)
        | categor(?:y|ies) | keywords
        | 电话|传真|邮编|邮箱|网址|热线|联系(?:电话|方式|人)|地址|标签|关键[词字]|分类
    """,
    Kind.FIELD: r"""
        (?:issue\ )?date|time|author|by|writer|reporter|location|add(?:ress)?|contact|日期|时间|记者
    """,
}

# How a notice opens, and what it then speaks of.
NOTICE = r"""
    (?:special\ |copyright\ |legal\ )?(?:statement|disclaimer|notice|declaration)\s*[:：]
        .*(?:infring|copyright|reproduc|reprint|legitimate\ rights|liab|investment\ advice)
    | (?:statement|disclaimer)\s*[:：].*(?:this\ site|this\ article|author['’]?s?\ own)
    | (?:the\ )?copyright\ (?:of\ this\ .{1,30}\ )?belongs\ to\b
    | if\ (?:the|there|any|you)\b.*\binfring(?:e|es|ed|ing|ement)\b.*\bcontact\b
    | (?:we|(?:this|our)\ (?:web)?site|this\ page)\ (?:and\ .{1,40}\ )?uses?\ cookies
        .*(?:experience|accept|agree|consent|continu|preferences|traffic|best|ensure|improve)
    | by\ (?:continuing|clicking|using|browsing|closing)\b.*\byou\ (?:agree|accept|consent)\b
    | (?:please\ )?enable\ java ?script | java ?script\ (?:is|must\ be|seems)\b.*(?:dis|en)abled
    | (?:your|this)\ browser\ (?:does|is)\ ?n[o'’]t\ support
    | you\ (?:need|must)\ (?:to\ )?enable\ java
    | (?:get|receive)\ (?:the|our)\ .{1,80}\ (?:to|in)\ your\ inbox
    | (?:sign\ up|subscribe)\ (?:for|to|now|today|here)\b
        .*\b(?:newsletter|updates|alerts|inbox|e-?mails?)\b
    | (?:特别|版权|郑重|免责)?(?:声明|提示)\s*[:：].*(?:转载|侵权|版权|权益|联系|立场|建议)
    | (?:本文|本站|本网|凡本[网站]|以上内容).*(?:侵权|转载|不代表本|立场无关|投资建议)
"""

# What makes a short line a licence or copyright line.
LICENCE = r"""
    \bICP\ (?:no\.?|bei|license|filing|record)\b | public\ (?:network|net)\ security\ (?:no|bei)
    | ^copyright\s*(?:©|\(c\)|:|(?:19|20)\d\d) | ^[©ⓒ] | ^\(?c\)\s*(?:copyright\s*)?(?:19|20)\d\d
    | ©\s*(?:copyright\s*)?(?:19|20)\d\d | \ball\ rights\ reserved\b | ICP[备证] | 公网安备
    | 版权所有
"""

# Where a page stands in its site.
TRAIL = r"""
    (?:home(?:\ ?page)?|首页|主页)(?:\s*[>»›→]|\s+(?:::|[/|-])\s)\s*\S.*
    | (?:(?:your|(?:your\ )?current)\ (?:location|position)|you\ are\ here)
        \s*(?:[>»›→/|:：]|-\s)\s*\S.*
    | (?:您(?:现在)?(?:所在)?的?|当前)位置.*
"""

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
DATE = rf"""
    (?:\d{{1,2}}:\d{{2}}(?::\d{{2}})?,?\s+)?(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?[,.]?\s+)?
    (?:\d{{4}}\s*[-/.年]\s*\d{{1,2}}\s*[-/.月]\s*\d{{1,2}}日?|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}
    |{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}\s+{_MONTH},?\s+\d{{4}})
    (?:,?[\sT]+\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s*[ap]\.?m\.?)?
    (?:\s*(?:[A-Z]{{3,4}}|[+-]\d{{2}}:?\d{{2}}))?)?
"""
BYLINE = r"[Bb]y\s+[A-Z][\w.'’-]+(?:,?\s+(?:and\s+|&\s+|in\s+)?[A-Z][\w.'’-]*){1,8}"
