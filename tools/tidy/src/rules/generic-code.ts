import ts from 'typescript';
import { namesArchitectures, readsGatesAnywhere } from '../floors.ts';
import { filesOf } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { parse, placeOf, walk } from '../syntax.ts';

const architecture = /(?<![a-z0-9])(arch[-_](x86|arm64)|x86_64|amd64|arm64|aarch64)(?![a-z0-9])/i;
const factory = /(^|\/)(create|factory|gates|config)[^/]*\.ts$/;

export const genericCodeNamesNoArchitecture: Rule = {
  title: 'generic code names no architecture',
  check: (repository) =>
    repository.members
      .filter(({ kind, name }) => kind === 'package' && !namesArchitectures.includes(name))
      .flatMap((member) => filesOf(repository, member, 'src/'))
      .filter(([path]) => path.endsWith('.ts'))
      .flatMap(([path, text]) => {
        const source = parse(path, text);
        const found: string[] = [];
        walk(source, (node) => {
          const named = ts.isIdentifier(node) || ts.isPrivateIdentifier(node);
          const quoted = ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node);
          if ((named || quoted) && architecture.test(node.text))
            found.push(`${placeOf(source, node)}: names ${architecture.exec(node.text)![0]}`);
        });
        return found;
      }),
};

/** The name of the function that a node stands in, or an empty text. */
function enclosingFunction(node: ts.Node): string {
  const owner = ts.findAncestor(node, ts.isFunctionLike);
  if (!owner) return '';
  const named = ts.isVariableDeclaration(owner.parent) ? owner.parent : owner;
  return named.name?.getText() ?? '';
}

function isGateRead(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  return ts.isIdentifier(name) && name.text === 'enabled';
}

export const gatesAreReadInFactories: Rule = {
  title: 'a gate is read only in a factory',
  check: (repository) =>
    repository.members
      .filter(({ kind, name }) => kind === 'package' && !readsGatesAnywhere.includes(name))
      .flatMap((member) => filesOf(repository, member, 'src/'))
      .filter(([path]) => path.endsWith('.ts') && !factory.test(path))
      .flatMap(([path, text]) => {
        const source = parse(path, text);
        const found: string[] = [];
        walk(source, (node) => {
          if (isGateRead(node) && !enclosingFunction(node).startsWith('create'))
            found.push(
              `${placeOf(source, node)}: reads a gate; do so in the body of a function create*, or in a file create*, factory*, gates* or config*`,
            );
        });
        return found;
      }),
};
