// Student's t against published tables.
import { describe, expect, it } from 'vitest';
import { studentCdf, studentTwoSided } from '../../src/stats/student.ts';

describe("Student's t", () => {
  it.each([
    [1, 12.7062],
    [2, 4.30265],
    [4, 2.77645],
    [7, 2.36462],
    [30, 2.04227],
    [1e7, 1.95996],
  ])('has the tabled two-sided 95 %% point with %d degrees of freedom', (freedom, expected) => {
    expect(studentTwoSided(0.95, freedom)).toBeCloseTo(expected, 4);
  });

  it('is symmetric and, with one degree of freedom, Cauchy', () => {
    expect(studentCdf(0, 5)).toBeCloseTo(0.5, 12);
    expect(studentCdf(1.3, 5) + studentCdf(-1.3, 5)).toBeCloseTo(1, 12);
    expect(studentCdf(2, 1)).toBeCloseTo(0.5 + Math.atan(2) / Math.PI, 12);
  });
});
