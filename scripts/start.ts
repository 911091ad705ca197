/** `npm start`: the whole platform in one process. */
import "../apps/all-in-one/src/main.ts";
