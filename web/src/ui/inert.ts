// Markup read without running or loading anything: a document that is never shown. The page's policy (require-trusted-types-for) wants the
// one place that does so to have a name.
const policy =
  typeof trustedTypes === "undefined" ? null : trustedTypes.createPolicy("posthorn", { createHTML: (html: string) => html });

declare const trustedTypes: {
  createPolicy(name: string, rules: { createHTML(html: string): string }): { createHTML(html: string): string };
};

export function parseInert(html: string): HTMLElement {
  return new DOMParser().parseFromString((policy?.createHTML(html) ?? html) as string, "text/html").body;
}
