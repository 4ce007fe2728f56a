/** What package.json (imports) puts in this name's place: onnxruntime-web's build for Node, or the smallest for browsers. */
declare module "#onnxruntime-web" {
  export * from "onnxruntime-web/wasm";
}
