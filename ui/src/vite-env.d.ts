/** How many bytes the program of the ONNX runtime has, before it is packed. */
declare const __RUNTIME_BYTES__: number;
