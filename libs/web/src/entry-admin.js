import "./shell.js";
import "./admin.js";
