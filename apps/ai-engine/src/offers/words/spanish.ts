import type { LanguageWords } from "./language-words.ts";

export const spanish: LanguageWords = {
  percent: "por ciento, porciento, porcentaje*, por cien, p ciento",
  discount: "descuento, de descuento, rebaja, de rebaja, ahorra, ahorre, ahorras, menos, dto, quitamos",
  code: "codigo, codigo de descuento, codigo promocional, cupon, vale",
  redeeming: "en caja, en la caja, al pagar, usa el, introduce, introduce el, introduzca el",
  promises: `
    descuent*, descont*, dto, dcto, desc, rebaj*, oferta*, ofrec*, ofert*, promo*, promocion*, cupon*, bono, bonos, vale, vales, tarjeta regalo, codigo*, clave, claves, contrasena*, palabra magica, palabra secreta, gratis, gratuit*, regal, regalo, regalos, regala*, regale*, obsequi*, premio*, premia*,
    bonific*, recompens*, gana, ganas un*, gane, ganar, ganador*, ganaste, has ganado, sorteo*, loteria*, rifa*, cashback*, reembols*, devolucion del dinero, dinero*, devolv*, mitad, medio precio, un tercio, dos tercios, tercera parte, un cuarto, cuarta parte, tres cuartos, un quinto, un decimo, decima parte,
    dos por uno, dos por el, tres por dos, dos al precio, compra uno, compra una, compre uno, compre una, compra dos, lleva dos, llevate dos, lleva tres, llevate tres, paga uno, paga una, paga dos, la segunda unidad, el segundo a, por el precio de, por nada, sin pagar, nada que pagar, no pagas, no pague*, no pagaras, sin coste*, sin costo*, sin cargo*, sin gasto*, cero gastos, cero coste*,
    cuenta nuestra, nuestra cuenta, cuenta de la casa, invita la casa, la casa invita, invitamos, te invit*, le invit*, a cargo nuestro, a nuestro cargo, lo pagamos, pagamos nosotros, asumimos, asum*, cubrimos, corre de, corren de, corre por, corren por, de balde, envio incluido, portes pagados, portes incluidos, exento*, exencion*,
    *garantia*, garantiz*, mejor precio, precio mas bajo, barat*, ganga*, chollo*, liquidacion*, saldos, saldo de, ahorr*, reduc*, rebajad*, quitamos, quita, quitar, quitan, restamos, restar, deduc*, bajamos, bajada*, canje*, ignora*, ignore*, instruccion*`,
  topics: `
    precio*, coste, costes, costo, costos, cuesta*, costar*, costara, tarifa*, gasto*, cargo, cargos, cobr*, pago, pagos, pagar, pagas, paga, pague, pagues, pagara*, factura*, ventaja*, beneficio*, privilegi*, extra, extras, adicional*, ademas, sorpresa*, muestra, muestras, prueba, detalle para ti, detallito*,
    envio*, enviamos, enviar*, entrega*, portes, mensajer*, transporte*, paquete*, paqueteria*, correo postal, correos, flete*, domicilio, devolucion*, cambio gratis, cambios, impuesto*, iva, aduana*,
    euro, euros, centimo*, centavo*, eur, dolar*, peso, pesos, pavos, pasta, billete*, cien, ciento, cero, menos, inferior*, disminu*, credito*, puntos, fidelidad*, socio*, miembro*, vip, suscri*, cuotas, plazos, financia*, doble*, triple*, dos veces, cartera*, monedero*, bolsillo*, presupuesto*, hucha*, valor de, exclusiv*,
    di, diga, dinos, digan, menciona*, mencione*, introduce, introduzca, teclea*, escribe, escriba, ingresa, ingrese, usa la, usa el, ensena*, muestre, presenta, presente este, en caja, en la caja, al pagar, capricho*, mima*, mimo*,
    duros, cuatro perras, segunda, segundo, tercera, tercero, por los suelos, de risa, tirado, regatea*, black friday, detalle en, un detalle, incluid*, incluye*, gratificac*, anadido, de propina, propina*, a cuenta, te sale, por la patilla, por la cara, a coste, negocia*, sobreprecio*, recargo*, sin intereses, liquidamos, remate*, remata*, outlet, imbatible*, exencion, dispensa*,
    gesto, gestos, choll*, ofert*, enhorabuena, felicidades por, felicitaciones, afortunad*, generos*, sorte*, reemplaz*, cubiert*, cubre, irresistible*, redonde*, superdeal*, abono, abonamos,
    mas para ti, mas para usted, una mas, uno mas, otra mas, otra taza, otro mas, a medias, venta privada, ventas privadas, venta flash, venta especial, saldo, saldos, cumpleanos, aniversario*, misterio*, encog*, aliger*, justo, preventa*, ronda, compartimos,
    caro, cara, caros, caras, encarec*`,
  giving: `
    recibes, recibe, recibiras, te llevas, llevate, obtienes, obten, te damos, le damos, damos, te ponemos, ponemos, te hacemos, hacemos, es tuyo, es tuya, son tuyos, son tuyas, quedate, te anadimos, hemos anadido, anadimos, consigue, consigues, desbloque*, disfruta de un, te sale, sale a cuenta, te toca`,
  plainest: "descuento, rebaja, rebajas, gratis, regalo, gratuito, porciento, reembolso, promocion, oferta",
  harmless: `garantia de calidad, calidad garantizada, al menos, por lo menos, a menos, echa de menos, echamos de menos, echas de menos, presente en, di adios, vale la pena`,
  materials: `algodon, lana, lino, seda, cuero, piel, ecologico, ecologica, organico, organica, reciclado, reciclada, reciclable, vegano, vegana, natural, puro, pura, merino, cachemira, bambu, canamo, poliester, impermeable, artesanal, arabica, seguro, segura, acero, madera, roble, fruta, zumo, electrico, compostable, virgen`,
  freeShipping: `envio gratis, envio gratuito, el envio es gratis, el envio es gratuito, el envio corre de nuestra cuenta, gastos de envio gratis, entrega gratuita, sin gastos de envio`,
  amplifiers: `otra vez, otro*, otra*, nuevamente, de nuevo, tambien, ademas, cada, todo, toda, todos, todas, siempre, nunca, eterno*, eterna*, de por vida, vitalici*, ilimitad*, proxim*, futur*, siguiente*, mas tarde, luego, dos veces, doble*, triple*, combina*, acumul*, amigo*, amiga*, familia*,
    semana*, mes, meses, ano, anos, permanente*, adicional*, mas, por articulo, por pedido, extra`,
  offerWords: `
    completa, complete, completar, tu, su, tus, sus, pedido, compra, ahora, hoy, y, e, te, le, les, lo, la, el, los, las, de, del, al, a, con, en, un, una, por, para, este, esta, ese, esa, nuestro, nuestra, disfruta, disfrute, disfrutar, recibe, reciba, recibes, recibir, obten, obtenga, obtienes, consigue, consiga, aprovecha,
    aprovecha el, aproveche, usa, use, usa el, usando, utiliza, utilice, es, aqui, tienes, tiene, carrito, cesta, finaliza, finalice, finalizar, termina, termine, vuelve, vuelva, hola, querido, querida, si, solo, simplemente, quitamos, damos, aplica, aplique, valido, valida, introduce, introduzca, que, espera, nos, cuando`,
  totalWords: `
    a, articulo, articulos, aqui, asciende, carrito, cesta, con, de, del, el, en, es, espera, esperan, esperando, hola, importe, la, las, los, pedido, por, seleccion, sigue, siguen, son, su, suma, te, total, tu, un, una, valor, y`,
  totals: "en total, total, suma, asciende, importe",
  notBeforeFigure: "por, a, al, hasta, desde, con, en, sobre, menos de, por el, por un",
  counted:
    "articulos, articulo, productos, producto, piezas, pieza, cosas, mas, minutos, minuto, horas, hora, dias, dia, segundos, clic, clics",
};
