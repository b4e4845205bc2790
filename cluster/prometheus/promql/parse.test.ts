import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpression } from './parse.ts';
import { printed } from './print.ts';

const refused: Readonly<Record<string, string>> = {
  '': 'unknown position: parse error: no expression found in input',
  'sum(foo': '1:8: parse error: unclosed left parenthesis',
  'sum(foo))': "1:10: parse error: unexpected right parenthesis ')'",
  'foo bar': '1:5: parse error: unexpected identifier "bar"',
  'foo +': '1:6: parse error: unexpected end of input',
  'foo{a=}': '1:7: parse error: unexpected "}" in label matching, expected string',
  'foo{a': '1:6: parse error: unexpected end of input inside braces',
  'foo{a="b" c="d"}':
    '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
  'foo{a="b}': '1:7: parse error: unterminated quoted string',
  'foo{a=~"("}': '1:5: parse error: error parsing regexp: missing closing ): `^(?s:()$`',
  'foo $ bar': "1:5: parse error: unexpected character: '$'",
  'sum by foo (bar)':
    '1:8: parse error: unexpected identifier "foo" in grouping opts, expected "("',
  'a + on(x) group_left (time())':
    '1:27: parse error: unexpected "(" in grouping opts, expected "," or ")"',
  'by (a) sum(foo)': '1:1: parse error: unexpected <by>',
  'nope(foo)': '1:1: parse error: unknown function with name "nope"',
  'rate(foo)':
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  'rate(foo[5m], 3)': '1:1: parse error: expected 1 argument(s) in call to "rate", got 2',
  'sum(foo[5m])':
    '1:5: parse error: expected type instant vector in aggregation expression, got range vector',
  'foo[5m] + 1':
    '1:1: parse error: binary expression must contain only scalar and instant vector types',
  '1 > 2': '1:3: parse error: comparisons between scalars must use BOOL modifier',
  '1 + bool 2': '1:3: parse error: bool modifier can only be used on comparison operators',
  'foo and 1': '1:1: parse error: set operator "and" not allowed in binary scalar expression',
  'foo * on(a) 2': '1:1: parse error: vector matching only allowed between instant vectors',
  'foo and on(a) group_left bar': '1:1: parse error: no grouping allowed for "and" operation',
  'foo * on(a) group_left(a) bar':
    '1:5: parse error: label "a" must not occur in ON and GROUP clause at once',
  '{}': '1:1: parse error: vector selector must contain at least one non-empty matcher',
  '{a=~".*"}': '1:1: parse error: vector selector must contain at least one non-empty matcher',
  'foo{__name__="bar"}': '1:1: parse error: metric name must not be set twice: "foo" or "bar"',
  '(foo)[5m]': '1:6: parse error: ranges only allowed for vector selectors',
  'foo[5m][5m:]':
    '1:1: parse error: subquery is only allowed on instant vector, got matrix instead',
  'sum(foo) offset 5m':
    '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
  'topk(foo)':
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  'sum()': '1:1: parse error: no arguments for aggregate expression provided',
  'topk(foo, bar)':
    '1:6: parse error: expected type scalar in aggregation parameter, got instant vector',
  '-"a"':
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  'round()': '1:1: parse error: expected at least 1 argument(s) in call to "round", got 0',
  'foo[5m': '1:7: parse error: unexpected end of input in duration expression',
  'foo[5mm]': '1:5: parse error: bad number or duration syntax: "5mm"',
  'foo[5m1h]': '1:5: parse error: not a valid duration string: "5m1h"',
  'foo[5x]': '1:5: parse error: bad number or duration syntax: "5x"',
  'foo offset 5m [5m]': '1:15: parse error: no offset modifiers allowed before range',
  'sum(foo,)': '1:8: parse error: trailing commas not allowed in function call args',
  'foo{a>"b"}': "1:6: parse error: unexpected character inside braces: '>'",
  'foo =~ "a"': "1:5: parse error: unexpected character after '=': '~'",
  'foo}': "1:4: parse error: unexpected character: '}'",
  'foo @ Inf': '1:1: parse error: timestamp out of bounds for @ modifier: +Inf',
};

for (const [text, message] of Object.entries(refused))
  test(`${text || 'nothing'} is refused`, () => {
    assert.throws(() => parseExpression(text), { message });
  });

test('the place of a fault counts lines', () => {
  assert.throws(() => parseExpression('sum(\n  rate(foo)\n)'), {
    message:
      '2:8: parse error: expected type range vector in call to function "rate", got instant vector',
  });
});

const forms: Readonly<Record<string, string>> = {
  'sum(rate(a{b="c"}[5m]))by(d)': 'sum by (d) (rate(a{b="c"}[5m]))',
  'a+b*c': 'a + b * c',
  'a/ignoring(x)group_left(y)b': 'a / ignoring (x) group_left (y) b',
  'a offset 1h30m': 'a offset 1h30m',
  'max_over_time(a[1h:5m]  @ end())': 'max_over_time(a[1h:5m] @ end())',
  '{__name__=~"a.*"}': '{__name__=~"a.*"}',
  'TOPK(3, a)': 'topk(3, a)',
  "count_values('v', a) # comment": 'count_values("v", a)',
  'a > bool 1': 'a > bool 1',
  'foo{"a.b"="c"}': 'foo{"a.b"="c"}',
  '{"foo.bar", a="b"}': '{"foo.bar",a="b"}',
  '{a="b"}': '{a="b"}',
  '1./6. + 2': '1 / 6 + 2',
  'a @ 1m40s': 'a @ 100.000',
  'a @ -0.5': 'a @ -0.500',
  '(1 + 2) * -3': '(1 + 2) * -3',
  'histogram_quantile(.9, sum without(x) (b))': 'histogram_quantile(0.9, sum without (x) (b))',
};

for (const [text, form] of Object.entries(forms))
  test(`${text} reads as ${form}`, () => {
    assert.equal(printed(parseExpression(text)), form);
  });

test('a sign belongs to the power behind it', () => {
  assert.equal(printed(parseExpression('-2 ^ 2')), '-2 ^ 2');
  assert.equal(parseExpression('-2 ^ 2').kind, 'unary');
});
