import { describe, expect, it } from 'vitest';
import { compileTemplate, html } from '../../src/page/template.ts';

describe('a page template', () => {
  it('puts each value into its slot', () => {
    const page = compileTemplate('<a>{{one}}</a>{{two}}!', ['one', 'two']);
    expect(page({ one: html`1`, two: html`${2}` })).toBe('<a>1</a>2!');
  });

  it('escapes what is not HTML already', () => {
    const hostile = `<script>"&'`;
    expect(html`<b title="${hostile}">${html`<i>${hostile}</i>`}</b>`.text).toBe(
      '<b title="&lt;script&gt;&quot;&amp;&#39;"><i>&lt;script&gt;&quot;&amp;&#39;</i></b>',
    );
  });

  it('refuses a slot it does not know, and one that the file lacks', () => {
    expect(() => compileTemplate('{{other}}', ['one'])).toThrow('expected one of one, got {{other}}');
    expect(() => compileTemplate('nothing', ['one'])).toThrow('expected {{one}}, got none');
  });
});
