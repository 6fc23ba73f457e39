import ts from 'typescript';
import { filesOf } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { parse, placeOf } from '../syntax.ts';

function isExplicitReExport(statement: ts.Statement): boolean {
  return (
    ts.isExportDeclaration(statement) &&
    statement.moduleSpecifier !== undefined &&
    statement.exportClause !== undefined &&
    ts.isNamedExports(statement.exportClause)
  );
}

export const indexIsAnExplicitList: Rule = {
  title: 'src/index.ts of a package is an explicit list of exports and nothing else',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap(({ folder }) => {
        const path = `${folder}src/index.ts`;
        const text = repository.files.get(path);
        if (text === undefined) return [`${path}: missing`];
        const source = parse(path, text);
        return source.statements
          .filter((statement) => !isExplicitReExport(statement))
          .map(
            (statement) =>
              `${placeOf(source, statement)}: write \`export { name } from './file.ts';\` only`,
          );
      }),
};

/** Names that a statement declares, if it is exported. */
function exportedNames(statement: ts.Statement): string[] {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const name = (statement as ts.DeclarationStatement).name;
  return name ? [name.getText()] : [];
}

function hasDocstring(source: ts.SourceFile, statement: ts.Statement): boolean {
  const comments = ts.getLeadingCommentRanges(source.text, statement.pos) ?? [];
  return comments.some(({ pos }) => source.text.startsWith('/**', pos));
}

/** Overloads, and constants in consecutive lines, share the docstring of the first. */
function continues(source: ts.SourceFile, before: ts.Statement, statement: ts.Statement): boolean {
  const [name] = exportedNames(statement);
  if (ts.isFunctionDeclaration(statement)) return exportedNames(before)[0] === name;
  const gap = source.text.slice(before.end, statement.getStart(source));
  return (
    ts.isVariableStatement(statement) && ts.isVariableStatement(before) && !/\n\s*\n/.test(gap)
  );
}

function undocumented(source: ts.SourceFile): ts.Statement[] {
  const found: ts.Statement[] = [];
  let documented = false;
  for (const [index, statement] of source.statements.entries()) {
    const before = source.statements[index - 1];
    documented =
      hasDocstring(source, statement) ||
      (documented && before !== undefined && continues(source, before, statement));
    if (!documented && exportedNames(statement).length > 0) found.push(statement);
  }
  return found;
}

export const exportsAreDocumented: Rule = {
  title: 'every export of a package has a docstring',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) => filesOf(repository, member, 'src/'))
      .filter(([path]) => path.endsWith('.ts'))
      .flatMap(([path, text]) => {
        const source = parse(path, text);
        return undocumented(source).map(
          (statement) =>
            `${placeOf(source, statement)}: ${exportedNames(statement)} has no docstring`,
        );
      }),
};

const linuxFunction = /^_*[a-z0-9]+(_[a-z0-9]+)+$/;

function isFunction(statement: ts.Statement): boolean {
  if (ts.isFunctionDeclaration(statement)) return true;
  if (!ts.isVariableStatement(statement)) return false;
  return statement.declarationList.declarations.some(
    ({ initializer }) =>
      initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)),
  );
}

function tagProblems(docstring: string): string[] {
  const problems: string[] = [];
  if (!/@fidelity\s+(exact|partial|stub)\b/.test(docstring))
    problems.push('@fidelity exact|partial|stub');
  if (!/@patch\s+(none|(0[1-9]|1[0-9])(\/19)?)\b/.test(docstring))
    problems.push('@patch NN/19 or @patch none');
  return problems;
}

export const kernelFunctionsSayHowExactTheyAre: Rule = {
  title: 'every exported function with a name from Linux carries @fidelity and @patch',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) => filesOf(repository, member, 'src/'))
      .filter(([path]) => path.endsWith('.ts'))
      .flatMap(([path, text]) => {
        const source = parse(path, text);
        return source.statements.flatMap((statement, index) => {
          const [name] = exportedNames(statement);
          const before = source.statements[index - 1];
          const overload = before && name !== undefined && exportedNames(before)[0] === name;
          if (!name || overload || !linuxFunction.test(name) || !isFunction(statement)) return [];
          const docstring = text.slice(statement.pos, statement.getStart(source));
          return tagProblems(docstring).map(
            (tag) => `${placeOf(source, statement)}: ${name} lacks ${tag}`,
          );
        });
      }),
};
