// What a browser calls itself (User-Agent), as people call it. Pure.
const BROWSERS: [string, string][] = [
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["SamsungBrowser/", "Samsung Internet"],
  ["Firefox/", "Firefox"],
  ["FxiOS/", "Firefox"],
  ["CriOS/", "Chrome"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
];
const SYSTEMS: [string, string][] = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
];

/** The first that fits counts: most browsers name their ancestors too. What is unknown stays as it is. */
export function agentName(agent: string, join: (browser: string, system: string) => string): string {
  const name = (table: [string, string][]) => table.find(([mark]) => agent.includes(mark))?.[1];
  const [browser, system] = [name(BROWSERS), name(SYSTEMS)];
  return browser && system ? join(browser, system) : agent;
}
