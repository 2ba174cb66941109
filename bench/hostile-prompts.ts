/**
 * Prompts on which the draft model of the built-in pair is of little use, since neither model has seen anything like
 * them: random text, another language, and unknown names by turns.
 */
export const hostilePrompts: readonly string[] = [
  "xq vrolt 93 #kk zep oi ++ wuth grnn 7% ble, ooq tazz!! mip mip dor ~ lek 12 fub vax",
  "Der Himmel ist heute grau, und der Wind treibt Blätter über den Hof. Erzähle mir, was die Katze dort sucht.",
  "Quorvath and Ysmelda of Brinnoway met the Thrax of Ulmere at Pellicund. Who spoke first, and why?",
  "zZ9!k pqr@@ 4421 lmn,, ;;oe wxq {} ubb 0.0.7 tt yok -- fen fen glu 88 ivo",
  "Hier, il a plu toute la journée et les enfants sont restés à la maison. Que faisaient-ils jusqu'au soir ?",
  "Write a poem about Zuleikha Otterbrandt, who repairs clocks in Vyshgorod at night.",
  "sdkfj weoiru xmcnv qpwoe alskd zmxnc rutyei ghfjdk bvncmx qazwsx edcrfv tgbyhn ujmikol",
  "Ayer vimos un barco viejo en el puerto. Cuéntame la historia de su capitán y de la tormenta.",
  "Explain why Professor Nkemdirim distrusted the Halvorsen treaty more than Ambassador Szczepańska did.",
  "今日は雨です。窓の外で猫が鳴いています。何を待っているのでしょうか。",
  "The ledger of Ghormenhaal lists nine ships: Ottar, Bruma, Skell, Vide, Anka, Tore, Lumi, Harr and Osk. What became of Skell?",
  "I forgot the tune, but the words went: larum larum, kettle and crow. Sing the rest of it for me in the old dialect.",
];
