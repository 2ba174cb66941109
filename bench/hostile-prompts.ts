/** Prompts on which the draft model of the built-in pair is of little use: neither model has seen anything like them. */
export const hostilePrompts: readonly string[] = [
  // Random text.
  "xq vrolt 93 #kk zep oi ++ wuth grnn 7% ble, ooq tazz!! mip mip dor ~ lek 12 fub vax",
  "zZ9!k pqr@@ 4421 lmn,, ;;oe wxq {} ubb 0.0.7 tt yok -- fen fen glu 88 ivo",
  "sdkfj weoiru xmcnv qpwoe alskd zmxnc rutyei ghfjdk bvncmx qazwsx edcrfv tgbyhn ujmikol",
  // Other languages.
  "Der Himmel ist heute grau, und der Wind treibt Blätter über den Hof. Erzähle mir, was die Katze dort sucht.",
  "Hier, il a plu toute la journée et les enfants sont restés à la maison. Que faisaient-ils jusqu'au soir ?",
  "Ayer vimos un barco viejo en el puerto. Cuéntame la historia de su capitán y de la tormenta.",
  "今日は雨です。窓の外で猫が鳴いています。何を待っているのでしょうか。",
  // Names and matters that the problems do not have.
  "Quorvath and Ysmelda of Brinnoway met the Thrax of Ulmere at Pellicund. Who spoke first, and why?",
  "Write a poem about Zuleikha Otterbrandt, who repairs clocks in Vyshgorod at night.",
  "Explain why Professor Nkemdirim distrusted the Halvorsen treaty more than Ambassador Szczepańska did.",
  "The ledger of Ghormenhaal lists nine ships: Ottar, Bruma, Skell, Vide, Anka, Tore, Lumi, Harr and Osk. What became of Skell?",
  "I forgot the tune, but the words went: larum larum, kettle and crow. Sing the rest of it for me in the old dialect.",
];
