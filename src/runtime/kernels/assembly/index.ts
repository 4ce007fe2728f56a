/** @file What the kernel module exports. Pointers are byte offsets into the one imported memory. */
export { dropoutMask, normals } from "./noise";
export { sumSquares } from "./norm";
export { adam } from "./adam";
export { momentumSgd, plainSgd } from "./sgd";
