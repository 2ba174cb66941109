/**
 * The words whose spelling a model of the `strings` family knows by heart: common nouns of three to eight letters in
 * the singular, with those of the lexicon among them.
 */
export const nouns: readonly string[] = `
ant apple arm arrow attic bag ball banana bank barn basket beach bead bean bear bed bell bench bird blanket boat bone
book bottle bowl box branch bread brick bridge brush bucket bus butter button cake camel candle cap car card carpet
carrot castle cat chain chair cheese church circle city clock cloud coat coin cookie cow crab crown cup desk dish
doctor dog door dragon dress drum duck eagle ear egg engine farm feather fence field finger fire fish flag floor flower
fork forest fox friend frog fruit game garden gate gift glass glove goat grape grass hammer hand hat heart hill honey
horse house island jacket jar jewel juice key king kitchen kite kitten knee knife ladder lake lamp leaf leg lemon
library lily lion map marble market melon milk mirror monkey moon mountain mouse mouth nail neck needle nest night nose
nut ocean office olive onion orange owl pack paint paper park parrot pear pen pencil piano picture pig pillow planet
plate pocket pony potato prince pumpkin puppy queen rabbit radio rain rice ring river road robot rocket roof room rope
rose ruler salad sand school seed sheep shell ship shirt shoe shop snake snow sock soup spider spoon stamp star station
sticker stone storm street sugar summer sun table tail tent tiger toast tomato tower town train tree truck tulip uncle
valley violin wagon wall watch water whale wheel window winter wolf yard zebra
`
  .trim()
  .split(/\s+/);
