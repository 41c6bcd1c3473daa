"""The social networks, and how each writes the address of a profile, as one table."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Network:
    """One network: where it lives, which paths are profiles, and what those are called."""

    name: str
    hosts: frozenset[str]  # without www.
    profiles: tuple[tuple[re.Pattern[str], str], ...]  # path and query -> canonical URL
    reserved: frozenset[str]  # names that are pages of the network itself

    def profile(self, path: str) -> str | None:
        """The canonical URL of the profile at a path (with query, without leading slash)."""
        for pattern, url in self.profiles:
            match = pattern.fullmatch(path)
            if match and match.groups()[-1].lower() not in self.reserved:
                return url.format(*match.groups())
        return None


_NAME = r"([\w.%~-]{1,100})"
# A page of a profile leads to the profile.
_PART = "about|reviews|photos|videos|services|community|mentions|info|tagged|reels|projects|shots"
_END = rf"(?:/(?:{_PART}))?/?(?:[?&].{{0,400}})?"


def _network(name: str, hosts: str, profiles: dict[str, str], reserved: str = "") -> Network:
    compiled = ((re.compile(path + _END), url) for path, url in profiles.items())
    return Network(name, frozenset(hosts.split()), tuple(compiled), frozenset(reserved.split()))


NETWORKS = (
    _network(
        "linkedin",
        "linkedin.com",
        {rf"(company|in|school|showcase)/{_NAME}(?:/.*)?": "https://www.linkedin.com/{}/{}"},
    ),
    _network(
        "x",
        "x.com twitter.com",
        {r"@?(\w{1,15})": "https://x.com/{}"},
        "share intent home search hashtag i login signup privacy tos explore about settings",
    ),
    _network(
        "facebook",
        "facebook.com fb.com",
        {
            r"profile\.php\?(?:[^&]*&)*id=(\d{1,20})": "https://www.facebook.com/profile.php?id={}",
            rf"(pages|people|p|pg)/{_NAME}(?:/\d+)?": "https://www.facebook.com/{}/{}",
            _NAME: "https://www.facebook.com/{}",
        },
        "sharer sharer.php share share.php dialog plugins login login.php tr help policies "
        "policy.php privacy legal events watch hashtag photo photo.php groups pages people p pg "
        "profile.php home.php business ads settings about",
    ),
    _network(
        "instagram",
        "instagram.com instagr.am",
        {_NAME: "https://www.instagram.com/{}"},
        "p reel reels explore accounts stories tv share about legal direct developer",
    ),
    _network(
        "youtube",
        "youtube.com",
        {
            rf"(channel|user|c)/{_NAME}(?:/\w+)?": "https://www.youtube.com/{}/{}",
            rf"@{_NAME}(?:/\w+)?": "https://www.youtube.com/@{}",
        },
    ),
    _network("tiktok", "tiktok.com", {rf"@{_NAME}": "https://www.tiktok.com/@{}"}),
    _network(
        "pinterest",
        "pinterest.com pinterest.de pinterest.at pinterest.ch pinterest.fr pinterest.es "
        "pinterest.it pinterest.pt pinterest.ca pinterest.co.uk pinterest.com.au pinterest.jp",
        {_NAME: "https://www.pinterest.com/{}"},
        "pin search login about business ideas today _",
    ),
    _network(
        "github",
        "github.com",
        {r"(?:orgs/)?([\w-]{1,39})": "https://github.com/{}"},
        "features pricing login join about topics explore marketplace sponsors orgs site security "
        "contact enterprise search trending collections customer-stories settings",
    ),
    _network(
        "xing",
        "xing.com",
        {rf"(companies|company|pages|profile)/{_NAME}(?:/.*)?": "https://www.xing.com/{}/{}"},
    ),
    _network(
        "vimeo",
        "vimeo.com",
        {r"((?!\d+(?:[/?]|$))\w{1,100})": "https://vimeo.com/{}"},
        "share video channels groups about features upgrade log_in join watch blog help",
    ),
    _network("threads", "threads.com threads.net", {rf"@{_NAME}": "https://www.threads.com/@{}"}),
    _network("bluesky", "bsky.app", {rf"profile/{_NAME}": "https://bsky.app/profile/{}"}),
    _network(
        "telegram",
        "t.me telegram.me",
        {r"(\w{4,32})": "https://t.me/{}"},
        "share joinchat addstickers proxy socks login iv",
    ),
    # A chat with a number is a way to call, and no profile: `phones` has it.
    _network(
        "whatsapp", "whatsapp.com", {r"channel/(\w{10,40})": "https://whatsapp.com/channel/{}"}
    ),
    _network(
        "dribbble",
        "dribbble.com",
        {_NAME: "https://dribbble.com/{}"},
        "shots designers jobs signup session search tags pro hiring stories about",
    ),
    _network(
        "behance",
        "behance.net",
        {_NAME: "https://www.behance.net/{}"},
        "gallery search joblist galleries live assets hire about login signup onboarding",
    ),
    _network(
        "reddit",
        "reddit.com",
        {
            rf"r/{_NAME}": "https://www.reddit.com/r/{}",
            rf"u(?:ser)?/{_NAME}": "https://www.reddit.com/user/{}",
        },
    ),
    _network("medium", "medium.com", {rf"@{_NAME}": "https://medium.com/@{}"}),
    _network("discord", "discord.gg", {_NAME: "https://discord.gg/{}"}),
    _network("discord", "discord.com", {rf"invite/{_NAME}": "https://discord.gg/{}"}),
    _network(
        "twitch",
        "twitch.tv",
        {r"(\w{3,25})": "https://www.twitch.tv/{}"},
        "directory videos login signup downloads store jobs turbo",
    ),
    _network("snapchat", "snapchat.com", {rf"add/{_NAME}": "https://www.snapchat.com/add/{}"}),
    _network("soundcloud", "soundcloud.com", {r"([\w-]{3,40})": "https://soundcloud.com/{}"}),
    *(
        _network("mastodon", host, {r"(?:web/)?@(\w{1,50})": f"https://{host}/@{{}}"})
        for host in (
            "mastodon.social",
            "mastodon.online",
            "mstdn.social",
            "mas.to",
            "fosstodon.org",
            "hachyderm.io",
            "chaos.social",
            "norden.social",
            "techhub.social",
            "infosec.exchange",
            "social.bund.de",
        )
    ),
)
