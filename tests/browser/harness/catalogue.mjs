//! The page's sentences, read from their sources.

import { readFile } from 'node:fs/promises';

const LOCALES = new URL('../../../app/src/locales/', import.meta.url);

/// The text of a language's file.
export function readLanguage(tag) {
  return readFile(new URL(`${tag}.ftl`, LOCALES), 'utf8');
}

/// `{ key, sentence }` for every sentence of a file, each form of a plural by itself.
export function sentences(file) {
  let key;
  return file.split('\n').flatMap((line) => {
    const message = /^([a-z0-9-]+) = (.*)$/.exec(line);
    if (message) {
      key = message[1];
      return / ->$/.test(message[2]) ? [] : [{ key, sentence: message[2] }];
    }
    const variant = /^\s+\*?\[\w+\] (.*)$/.exec(line);
    return variant ? [{ key, sentence: variant[1] }] : [];
  });
}

/// A language for tests: English, each sentence within brackets. Text outside of brackets does not
/// come from the catalogue.
export function pseudo(english) {
  return english
    .replace(/^([a-z0-9-]+ = )(?!\{ \$\w+ ->$)(.*)$/gm, '$1⟦$2⟧')
    .replace(/^(\s+\*?\[\w+\] )(.*)$/gm, '$1⟦$2⟧');
}

/// Patterns of the English sentences that `german` says differently. A sentence that is hardly more
/// than its arguments has no language.
export function englishOnly(english, german) {
  const other = new Set(sentences(german).map(({ sentence }) => sentence));
  return sentences(english)
    .map(({ sentence }) => sentence)
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
