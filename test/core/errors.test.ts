import { expect, test } from "vitest";
import { nearest } from "../../src/core/errors.ts";

test("a letter too many, too few, wrong, or two that are swapped are slips of one kind; far words are not guessed", () => {
  const allowed = ["mlb", "dmil", "joint", "ensemble"];
  for (const word of ["dmill", "dml", "dmol", "dmli", "DMIL"]) expect(nearest(word, allowed)).toBe("dmil");
  expect(nearest("jiont", allowed)).toBe("joint");
  expect(nearest("ensmeble", allowed)).toBe("ensemble");
  expect(nearest("transformer", allowed)).toBeUndefined();
});
