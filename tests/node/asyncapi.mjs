// Reads an AsyncAPI document from stdin; prints what the official parser finds wrong as JSON lines.
import { Parser } from "@asyncapi/parser";

let text = "";
for await (const part of process.stdin) text += part;
const { document, diagnostics } = await new Parser().parse(text);
const wrong = diagnostics.filter((one) => one.severity <= 1);
for (const { code, message, path } of wrong) console.log(JSON.stringify({ code, message, path: path.join(".") }));
process.exitCode = document && !wrong.length ? 0 : 1;
