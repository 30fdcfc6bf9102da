"""Letters that attack their reader, in the webmail and a real browser (issue 5; attacks.md F2, F3, D12).

./test --long hostile [--seed 1] [--mutations 500] [--count N]

Every letter of tests/hostile is stored by IMAP, opened in Chromium, read as HTML and as text, some answered and forwarded, a part opened as
drafts: 0 scripts, 0 dialogs, 0 requests but to our own server, 0 pages that go elsewhere, and in the frame no markup that is not allowed.
The same letters without protection must set the alarm off, or the alarm is no alarm.
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "hostile")]


def trial(seed, mutations, count, drafts, controls, seconds):
    """Gives (report, failures)."""
    import letters as corpus
    import trial as trials
    from harness import Folder, Server
    every = corpus.letters(seed, mutations)
    chosen = corpus.sample(every, count) if count else every
    with_markup = [one for one in chosen if one.html]
    as_drafts = with_markup[::max(1, len(with_markup) // drafts)][:drafts] if drafts else []
    shown_bare = [one for one in with_markup if one.family in ("script", "event", "element", "mutation")]
    shown_bare = shown_bare[::max(1, len(shown_bare) // controls)][:controls]
    folder = Folder("hostile")
    server = Server(folder.path)
    server.add("alice")
    server.start()
    try:
        user = "alice@blue.test"
        stored = trials.store(server, user, chosen)
        as_drafts = as_drafts[:trials.store(server, user, as_drafts, "Drafts", r"(\Draft \Seen)")]
        report = trials.run(server, user, folder.path, chosen[:stored], len(as_drafts), shown_bare, seconds)
    finally:
        server.close()
        folder.remove()
    report["stored"] = stored
    wrong = [f"hit: {one}" for one in report["hits"]] + [f"net log: {one}" for one in report["netlog"][:10]]
    if stored < len(chosen):
        wrong.append(f"{len(chosen) - stored} letters could not be stored")
    if report["opened"] != stored or report["drafts"] != len(as_drafts):
        wrong.append(f"{report['opened']} of {stored} letters and {report['drafts']} of {len(as_drafts)} drafts were opened")
    if report["netlog_events"] < 100 * len(chosen) // 10:
        wrong.append("the browser kept no log of its network")
    control = report["control"]
    if control["alive"] * 2 < control["shown"] or not report["sink"]:
        wrong.append(f"without protection only {control['alive']} of {control['shown']} letters did anything, {report['sink']} connections: the alarm is deaf")
    return report, wrong


def tell(report):
    control = report["control"]
    print(f"{report['stored']} letters stored, {report['opened']} opened ({report['framed']} with a frame) in {report['seconds']:.0f} s, {report['drafts']} drafts, {len(report['hits'])} hits; "
          f"without protection {control['alive']} of {control['shown']} set off the alarm ({report['sink']} connections)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutations", type=int, default=500)
    parser.add_argument("--count", type=int, default=0, help="only so many, evenly from all families")
    options = parser.parse_args()
    os.environ["POSTHORN"] = os.path.abspath(os.path.join(options.build, "posthorn"))
    os.environ.setdefault("POSTHORN_SOURCE", os.path.abspath(os.path.join(HERE, "..", "..")))
    print(f"seed {options.seed}", flush=True)
    report, wrong = trial(options.seed, options.mutations, options.count, 300, 200, 3600)
    tell(report)
    for one in wrong:
        print("FAILED:", one)
    print(f"{report['opened'] + report['drafts']} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
