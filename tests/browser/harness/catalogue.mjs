//! The page's sentences, read from their sources.

import { readFile } from 'node:fs/promises';

const LOCALES = new URL('../../../app/src/locales/', import.meta.url);

/// The text of a language's file.
export function readLanguage(tag) {
  return readFile(new URL(`${tag}.ftl`, LOCALES), 'utf8');
}

/// What stands before a sentence (a key, a plural's form, the indentation of a block), and the
/// sentence; nothing for any other line.
function parts(line) {
  const [, head, sentence] = /^([a-z0-9-]+ = | +\*?\[\w+\] | +(?![ }]))(.+)$/.exec(line) ?? [];
  return sentence && !/^\{ \$\w+ ->$/.test(sentence) ? [head, sentence] : undefined;
}

/// Every sentence of a file: each form of a plural and each line of a block by itself.
function sentences(file) {
  return file.split('\n').flatMap((line) => parts(line)?.[1] ?? []);
}

/// A language for tests: English, each sentence within brackets. Text outside of brackets does not
/// come from the catalogue.
export function pseudo(english) {
  const wrap = (line) => {
    const [head, sentence] = parts(line) ?? [];
    return sentence ? `${head}⟦${sentence}⟧` : line;
  };
  return english.split('\n').map(wrap).join('\n');
}

/// Patterns of the English sentences that `german` says differently. A sentence that is hardly more
/// than its arguments has no language.
export function englishOnly(english, german) {
  const other = new Set(sentences(german));
  return sentences(english)
    .filter((sentence) => !other.has(sentence))
    .filter((sentence) => /[A-Za-z]{3}/.test(sentence.replaceAll(/\{ \$\w+ \}/g, '')))
    .map((sentence) => {
      const literal = sentence.split(/\{ \$\w+ \}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return `^${literal.join('.+')}$`;
    });
}

/// Collects every text that the page ever shows or gives to a screen reader, from its start on. Runs
/// in the page; `window.texts` holds them. Text that is marked as another language's is left out, as
/// are the prompt's own words and codes.
export function collectTexts() {
  const ATTRIBUTES = ['alt', 'aria-description', 'aria-label', 'aria-valuetext', 'placeholder', 'title'];
  window.texts = new Set();
  const scan = () => {
    const root = document.documentElement;
    if (root.dataset.boot !== 'done') return;
    window.texts.add(document.title);
    const elements = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
    while (elements.nextNode()) {
      const element = elements.currentNode;
      if (!element.checkVisibility() || element.closest('[lang]') !== root || element.matches('code')) continue;
      for (const name of ATTRIBUTES) window.texts.add(element.getAttribute(name) ?? '');
      for (const { nodeType, data } of element.childNodes) {
        if (nodeType === Node.TEXT_NODE) window.texts.add(data);
      }
    }
  };
  const observed = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(scan).observe(document, observed);
}
