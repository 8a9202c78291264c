//! The modules of a crate and their uses of each other, read from the source's tokens.
//!
//! Tokens suffice, because only paths matter (`crate::a::B`, `super::c`, an imported `D::new`), and
//! they include the arguments of macros, which a syntax tree would not. Code for tests is left out.
//! Two things are not followed: an item that reaches its user by a glob re-export counts as the
//! re-exporting module's, and a method call does not lead to the module that implements the method.

use crate::files;
use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names from the crate's root to a module; empty for the root.
pub type Module = Vec<String>;

/// A module's name and the modules that it names.
pub type Uses = BTreeSet<(Module, Module)>;

/// Reads a library or a program from its root file.
pub fn uses(root: &Path) -> Result<Uses> {
    let mut tree = Tree::default();
    tree.read(root, Vec::new())?;
    let mut uses = Uses::new();
    for (module, source) in &tree.sources {
        for path in &source.paths {
            let named = tree.resolve(module, path, 0);
            uses.extend(
                named
                    .filter(|named| named != module)
                    .map(|named| (module.clone(), named)),
            );
        }
    }
    Ok(uses)
}

#[derive(Default)]
struct Tree {
    sources: BTreeMap<Module, Source>,
}

#[derive(Default)]
struct Source {
    /// What `use` brings into scope: a name and the path that it stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// All paths of two names and more, and those of imports.
    paths: BTreeSet<Vec<String>>,
}

impl Tree {
    /// Reads the module in `file` with its children.
    fn read(&mut self, file: &Path, module: Module) -> Result<()> {
        let text = files::read_text(file)?;
        let tokens: TokenStream = text
            .parse()
            .map_err(|error| anyhow!("cannot read {}: {error}", file.display()))?;
        let stem = file.file_stem().unwrap_or_default();
        let folder = file.parent().context("a source file has a folder")?;
        // `a.rs` has its children in `a/`; a crate's root and `mod.rs` have them beside them.
        let children = if module.is_empty() || stem == "mod" {
            folder.to_owned()
        } else {
            folder.join(stem)
        };
        self.items(tokens, module, &children)
    }

    /// Reads a module's tokens; files of its children are in the folder `children`.
    fn items(&mut self, tokens: TokenStream, module: Module, children: &Path) -> Result<()> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut source = Source::default();
        let mut code = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if is_test_attribute(&tokens[at..]) {
                at = item_end(&tokens, at + 2);
                continue;
            }
            let name = match (&tokens[at], tokens.get(at + 1)) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => name,
                _ => {
                    code.push(tokens[at].clone());
                    at += 1;
                    continue;
                }
            };
            let name = name.to_string();
            let child = [module.as_slice(), std::slice::from_ref(&name)].concat();
            match tokens.get(at + 2) {
                Some(TokenTree::Group(body)) => {
                    self.items(body.stream(), child, &children.join(&name))?;
                }
                _ => self.read(&module_file(children, &name)?, child)?,
            }
            at += 3;
        }
        source.scan(&code);
        self.sources.insert(module, source);
        Ok(())
    }

    /// The module of the item that `path`, written in `module`, leads to; `None` outside the crate.
    fn resolve(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Module::new(),
            "self" => module.clone(),
            "super" => parent(module)?,
            _ => self.step(module, first, depth)?,
        };
        while let Some((name, after)) = rest.split_first() {
            let next = match name.as_str() {
                "super" => parent(&at),
                "self" => Some(at.clone()),
                _ => self.step(&at, name, depth),
            };
            // The remaining names are items, such as a type and its function.
            let Some(next) = next else { break };
            (at, rest) = (next, after);
        }
        Some(at)
    }

    /// Follows one name from a module: into a child, or to the module of an imported item.
    fn step(&self, module: &Module, name: &str, depth: usize) -> Option<Module> {
        // Imports that refer to each other, such as `use a as b` and `use b as a`, have no end.
        const DEPTH_MAX: usize = 16;
        let child = [module.as_slice(), &[name.to_owned()]].concat();
        if self.sources.contains_key(&child) {
            return Some(child);
        }
        let import = self.sources.get(module)?.imports.get(name)?;
        // `use name::…` names an outside crate, not itself.
        let is_itself = import.first().is_some_and(|first| first == name);
        if is_itself || depth == DEPTH_MAX {
            return None;
        }
        self.resolve(module, import, depth + 1)
    }
}

impl Source {
    /// Collects imports and paths from tokens at any depth.
    fn scan(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            if is_test_attribute(&tokens[at..]) {
                at = item_end(tokens, at + 2);
                continue;
            }
            match &tokens[at] {
                // Not the `use<…>` of a return type.
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let end = item_end(tokens, at);
                    self.import(&tokens[at + 1..end], &mut Vec::new());
                    at = end;
                }
                TokenTree::Ident(_) => {
                    let (path, end) = path_at(tokens, at);
                    // `::a` names an outside crate.
                    let is_outside = at > 1 && is_double_colon(tokens, at - 2);
                    if path.len() > 1 && !is_outside {
                        self.paths.insert(path);
                    }
                    at = end;
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.scan(&inner);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Reads the tree after `use`, below `prefix`.
    fn import(&mut self, tokens: &[TokenTree], prefix: &mut Vec<String>) {
        let Some(first) = tokens.first() else { return };
        if let TokenTree::Group(group) = first {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is_punct(Some(token), ',')) {
                self.import(part, prefix);
            }
            return;
        }
        let (names, end) = path_at(tokens, 0);
        let length = prefix.len();
        prefix.extend(names);
        if let Some(group @ TokenTree::Group(_)) = tokens.get(end) {
            self.import(std::slice::from_ref(group), prefix);
        } else if !prefix.is_empty() {
            let mut path = prefix.clone();
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let renamed = match (tokens.get(end), tokens.get(end + 1)) {
                (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name))) if word == "as" => {
                    Some(name.to_string())
                }
                _ => path.last().cloned(),
            };
            self.paths.insert(path.clone());
            self.imports.extend(renamed.map(|name| (name, path)));
        }
        prefix.truncate(length);
    }
}

/// The names joined by `::` from `at`, and the index after them. A `::` before something else, such
/// as `<` or `{`, belongs to the path, too.
fn path_at(tokens: &[TokenTree], mut at: usize) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !is_double_colon(tokens, at) {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// Whether `#[cfg(test)]`, or `#[cfg(all(test, …))]`, stands at the beginning.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    let text: String = attribute
        .to_string()
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    is_punct(Some(hash), '#') && (text == "[cfg(test)]" || text.starts_with("[cfg(all(test,"))
}

/// The index after the item whose first attribute or word is at `at`. An import ends with `;`, other
/// items end with `;` or with braces.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let item = &tokens[at..];
    let first = item.iter().find_map(|token| match token {
        TokenTree::Ident(word) if word != "pub" => Some(word),
        _ => None,
    });
    let is_import = first.is_some_and(|word| word == "use");
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => !is_import && group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    item.iter()
        .position(ends)
        .map_or(tokens.len(), |length| at + length + 1)
}

fn is_double_colon(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn parent(module: &Module) -> Option<Module> {
    let (_, parent) = module.split_last()?;
    Some(parent.to_vec())
}

/// The file of the child `name` of a module with its children in `folder`.
fn module_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let flat = folder.join(format!("{name}.rs"));
    let nested = folder.join(name).join("mod.rs");
    ensure!(
        flat.is_file() || nested.is_file(),
        "there is no file of the module {name} in {}",
        folder.display()
    );
    Ok(if flat.is_file() { flat } else { nested })
}
