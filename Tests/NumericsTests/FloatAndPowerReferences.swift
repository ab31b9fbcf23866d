/// `sin` and `cos argument result`, `pow base exponent result`, as bits of Doubles; results of 600 digits, rounded to nearest.
let powerReferences = """
    sin 7506ac5b262ca1ff 3ff0000000000000
    sin 4480f0cf064dd592 bfeb453ab76bf397
    sin 7fe0000000000000 3fe205248cbdb760
    sin 7fefffffffffffff 3f7452fc98b34e97
    sin 3ff921fb54442d18 3ff0000000000000
    sin 400921fb54442d18 3ca1a62633145c07
    sin 4002d97c7f3321d2 3fe6a09e667f3bcd
    sin 4130000000000000 3fd526ccb2fc8656
    sin 4130000000001000 3fd526d0797230e8
    sin 414921fb54442d18 bde1a62633145c07
    sin 0000000000000001 0000000000000001
    sin 01a56e1fc2f8f359 01a56e1fc2f8f359
    sin bfe0000000000000 bfdeaee8744b05f0
    sin 3fe921fb54442d15 3fe6a09e667f3bca
    sin 3fe921fb54442d1e 3fe6a09e667f3bd1
    sin c002d97c7f3321d2 bfe6a09e667f3bcd
    sin 4023bd3ce5dd3102 bfdb8a1149e7de0e
    sin f506ac5b262ca1ff bff0000000000000
    sin 437b69b4ba630f35 3fdd63b86274bfb9
    sin c30c6bf526340000 bfeb76f88136ceba
    sin c006db99b80e32d8 bfd1f4831e151b9c
    sin 400cb0d4af696a60 bfdb88eea1f0c620
    sin 403973dfe3dbf04c 3fd4203500fc1b55
    sin c0007ceb5ce3db10 bfec3b4d369c9c7b
    sin 3fde1c48fa6c01c0 3fdd030bfbd3e37a
    sin 4014f8ec83b27290 bfeb99363516df9e
    sin c032eb9dfb7882ec bfb21d9b2cfe3d75
    sin 3fe6dd55922ee4a0 3fe4f7d67da17ed0
    sin 401f2bfe8c6b3428 3feff0c11a5e5e66
    sin 4031941ff0657416 bfee92790fb9cad4
    sin 4102ecba839fa605 3da11de024719f64
    sin 412672beffbc9a5e bff0000000000000
    sin 411e805492d92936 bdac8a85abef24b6
    sin 410c8275ae9b241d bff0000000000000
    sin 41023afbafa831dc bff0000000000000
    sin 412b13e64f3adec4 3dd58926cf2f6951
    sin 4134593d3da16c4e 3dd0bf5876d47484
    sin 413660b1b75773e7 3dc95240b9ca1e9f
    sin 41316d9223350a66 bff0000000000000
    sin 412fe41da0ba0e54 bdd3178d715d5549
    sin e682ac1159a22c9a bfe9e4181e766276
    sin 7da92478e6179c55 3fce1a31d166f178
    sin e83ff3b9f59c3892 3fe50fafecb8c13b
    sin c4ea88a603c15813 3fed8e454dd68265
    sin f8526d0b5af52b3f 3fa8a71627c6db5c
    sin f1f5bf2ed1c7f2be bfe84d501a317f26
    sin 5ccce4ece5b234f4 3fe4064c8acdc5e5
    sin e1b9a921df288b3e 3fee83e2720b16d9
    sin 608353752d3b0878 3fe535eacc3fdb48
    sin ddda069b9576f29f bfee83a63dae5ec0
    sin 5aaffabe826c6d2c 3fd65fc78b09a5c2
    sin ed8e8c8741b9e0da 3fd38025a5b806f7
    sin 70b3368e681af3cb bfd69916a4123231
    sin 430ca9fbdf626914 3fec4fe7bf503a9a
    sin da4844b2d29c1088 bfefcac28d2172d7
    sin 596982ed9543b5ea 3fea62952ef89ed5
    sin f64cdfc31d543e52 bfb7c13b1c31f3bc
    sin ce91a83d532bd8bd 3fdb3f7e1309ab33
    sin dea5125dd6493654 bfded638d27cf2ff
    sin 5b8092b96476c00e 3fef2329e14dcb6f
    cos 7506ac5b262ca1ff bc214ae72e6ba22f
    cos 4480f0cf064dd592 3fe0be2cef01c8f4
    cos 7fe0000000000000 bfea719f26c232bf
    cos 7fefffffffffffff bfefffe62ecfab75
    cos 3ff921fb54442d18 3c91a62633145c07
    cos 400921fb54442d18 bff0000000000000
    cos 4002d97c7f3321d2 bfe6a09e667f3bcc
    cos 4130000000000000 3fee33ada92fe2ae
    cos 4130000000001000 3fee33acfff96dfc
    cos 414921fb54442d18 3ff0000000000000
    cos 0000000000000001 3ff0000000000000
    cos 01a56e1fc2f8f359 3ff0000000000000
    cos bfe0000000000000 3fec1528065b7d50
    cos 3fe921fb54442d15 3fe6a09e667f3bcf
    cos 3fe921fb54442d1e 3fe6a09e667f3bc9
    cos c002d97c7f3321d2 bfe6a09e667f3bcc
    cos 4023bd3ce5dd3102 bfece2cba7e746e4
    cos f506ac5b262ca1ff bc214ae72e6ba22f
    cos 437b69b4ba630f35 3fec6d2cbca32cd3
    cos c30c6bf526340000 bfe06c154609d33f
    cos 400fcbc925c46d70 bfe586f46cb1a1ab
    cos c032173109294258 3fe737b3568835da
    cos 4024fd35ad0bf030 bfdebda12156b6b8
    cos c02392a6edb15dc4 bfedee16dffe0342
    cos c026a7a3e402df08 3fd4d9c162da84b2
    cos c03d174db2c4f943 bfe5e884b1ac1f6c
    cos c0159678b5423fbc 3fe43c0a05e12dfb
    cos 40395ef0d3e28b44 3fef18d87430ac1c
    cos c035ec992626ef66 bfefeda795dcae52
    cos 4028d7884c840490 3fefa98c38ca88db
    cos 40d19f53b995cd9e 3ff0000000000000
    cos 40f815ab8c219143 3d82c8892575e8a7
    cos 41275ed4f55c69c9 3dc2bd16551f326f
    cos 413408062e395eff bff0000000000000
    cos 4128786f15c6b52c 3ff0000000000000
    cos 4111dcbc412c3233 bff0000000000000
    cos 4131247acfca7a21 3dc31c494f8d8bda
    cos 412c1cfefe7672e1 3ff0000000000000
    cos 4112f049937654ac 3d9e387e89dc70f7
    cos 41267d7277bf7b66 3dab7ebd9fc57d93
    cos fef2dc22590dce7c 3faf491e9e68a295
    cos db767161e5b29ecf 3fe835adedfc7ae4
    cos 487cfd95be437b37 bfbdc0720a28f977
    cos 7f40401aa0a49b46 3fe7bd38fc525195
    cos d218532cd0d0e4f1 bfefc84b58af657b
    cos 7fbdcdcd3af2f77d bfe60ac95a956f89
    cos ce6448ff9ef6f373 3fe01027ef976e87
    cos 7f9c4f4c5fc5b8c8 bfeddba69c649b4f
    cos c3d2d1c010968bd3 3fdfd65985b23ec2
    cos ce8d8262ad792ebe bfe522896ee682b7
    cos 41c8517554265f88 bfbafdc1fea996aa
    cos 753b7b0e6c04befc 3fef49eb8efb25e2
    cos 45c89195b03223e5 bfe0c8d0c95c4769
    cos ce4487203953f42c bfe7b1297e76d52c
    cos c227843881118243 bfd6ca3914d0b76b
    cos 587c3ae3372d73bd 3fc8bcac0c9d57c0
    cos 49284c3e91d5bb2e bfe3ad3a0d6a9b87
    cos 755cf76367d15951 bfef65d2ef8713f3
    cos f781737a4924bf5c 3fef6b38642c6f2f
    cos e88177b58515688e 3fafc67cf0511240
    pow 4008000000000000 4000000000000000 4022000000000000
    pow 4024000000000000 402e000000000000 430c6bf526340000
    pow 4024000000000000 4036000000000000 4480f0cf064dd592
    pow 401c000000000000 4032000000000000 43172422583416c4
    pow 4000000000000000 c090c80000000000 0000000000000001
    pow 4000000000000000 408ff80000000000 7fe0000000000000
    pow 3fe0000000000000 4090c80000000000 0000000000000001
    pow 4014000000000000 4036000000000000 4320f0cf064dd592
    pow 3ff8000000000000 4024000000000000 404cd52000000000
    pow 4022000000000000 3fe0000000000000 4008000000000000
    pow 4000000000000000 3fe0000000000000 3ff6a09e667f3bcd
    pow 4024000000000000 bff0000000000000 3fb999999999999a
    pow 4024000000000000 4073400000000000 7fe1ccf385ebc8a0
    pow 3ff0000000000001 430c6bf526340000 3ff3fa60615291ee
    pow 3fefffffffffffff c376345785d8a000 40f030ee7208b4f4
    pow 3ff0000000000001 c3c4d1120d7b1600 03df62d04dd3dbb5
    pow 4059000000000000 3fd5555555555555 401290fca9c761f7
    pow 3fb999999999999a 4024000000000000 3ddb7cdfd9d7bdbf
    pow 0000000000000001 3fe0000000000000 1e60000000000000
    pow 0000000000000001 bfeccccccccccccd 7c58406003b2aecd
    pow 7fefffffffffffff 3f50624dd2f1a9fc 400044b585130a64
    pow c008000000000000 4008000000000000 c03b000000000000
    pow c000000000000000 c014000000000000 bfa0000000000000
    pow bff8000000000000 4010000000000000 4014400000000000
    pow c024000000000000 4035000000000000 c44b1ae4d6e2ef50
    pow 3fedd67f8ae6ad7c 3fecd99c73096c6c 3fee0b47df533537
    pow 4069600000000000 4032016420f0e8a1 4890329063d7f3ce
    pow 3ffcf83a7a789297 c03273bf85702f3f 3ef2550076b68592
    pow 56f2ef8349a2b245 3ffc68aebbc9dd88 68cc92b5dc183e7b
    pow 408dc80000000000 3ffe8a16808cda7e 411da2b37b9a703d
    pow 408b500000000000 401249d9fd7b98e0 42b99223a6c8a671
    pow 3fe463f2d3022165 c0313bdc16a76e8a 40a271b448117e8f
    pow 0e7c3f496b01cdfd bfd57031c96ef2e6 5080440e3fe35d7c
    pow 120ed211ec68b4c0 3ff5274aabb1565c 0346d259efa75f89
    pow 400196f80d12dbb1 3fd70216e11f6130 3ff53d240184c7a0
    pow 3ff6ca414f761618 c09d9af59b237c77 038096e09cdc224f
    pow 3fcce6a4e5bf9448 407787d2eccf914b 0d69e799c9114cdd
    pow 16422053853b8eb3 bfdcb8f5a5081234 52a32df9473a9ed5
    pow 4084080000000000 c0397d0fb57d4f05 3114421487ddcb57
    pow 4057800000000000 c02ec0ea22111860 39a286af10caeb53
    pow 4078f00000000000 401f10a62b9e7a8b 44212d3ab256ff30
    pow 4055c00000000000 3ff003718c1dc296 4055d4f1cb9ebc5e
    pow 3fedc855cb3725f9 3ffd45f8e596307e 3fec0f61d27a98dd
    pow 4cd137e2fbbb7a6f bfef40f491a84520 335a013239ca91ba
    pow 3ff1a962ddce62d9 3fe78b8c9b231bd8 3ff134e04576f945
    pow 3fffadf50994f168 c0762a67a6bb8a96 2a169f7eb1cdf035
    pow 3fe80eba7e61cf4b 402e6be84e245316 3f8ab6b57ad80411
    pow 3fe51455d2ff4e24 c02d3c5c27090b5c 407bec74e73ff84f
    pow 4004171d8fafdc87 4032000065e6dc5f 416e1998d2821a38
    pow 422f078cff124166 40284c5d7bedc53c 5b3c6f7a0239bb9e
    pow 274e69c96b02f901 3fe87c1853bac61d 2d163ec48310f8d3
    pow 3fad5befbb11b890 c03302ccf127683e 44d533a694131ce5
    pow 4049000000000000 bff89ed8746d9b7e 3f63e8af398fac0a
    pow 5160e1f7ffb80923 400a8b5184c6bb09 79cfb38bee7c94fb
    pow 3fe30348e2646078 402123490a1b9009 3f87a6f301680c03
    pow 0bc153e6cfbefec1 3fe5910d3b541d39 1cc406c25b0d11df
    pow 4000bc4844d72826 c0693f462c30dd71 327e6b548f1ce4cb
    pow 408de00000000000 c011eca8b566dc79 3d28d07a5a8d8854
    pow 3ff5c50d612e6714 c08180e37c40c0ed 3061fecf03ab1100
    pow 403b4c47be524abe c02ebae16517b90d 3b59f417501c960a
    """

/// The same for Float: `float-exp argument result`, and so on, as bits of Floats.
let floatReferences = """
    float-exp 3f76f476 4027ee3b
    float-exp 4107c0f5 45973da0
    float-exp c2ac71b8 0143100b
    float-exp bec2b4b0 3f2f04c8
    float-exp 408bb111 429d5b2d
    float-exp c216abb1 2449d623
    float-exp be20f019 3f5ac498
    float-exp 40eb3b38 44c2b70f
    float-exp 41e1197a 53c12c1f
    float-exp 3f54fee6 40131180
    float-exp 3eba7ecf 3fb83f50
    float-exp 40f28ca4 44f4bf53
    float-exp 3ec199c3 3fbad271
    float-exp 40d3f134 443c1605
    float-exp 428c8e14 72279d15
    float-exp bef9548e 3f1d4eca
    float-exp 400c1384 410ec6c3
    float-exp c24b74eb 1ac48419
    float-exp bb9a2aba 3f7ecc64
    float-exp c01d66bd 3daf1399
    float-exp 3f6743dc 401df28b
    float-exp 3f7a92d9 402a523d
    float-exp 4109dd41 45ac90f5
    float-exp c1ce71c9 2cda57a0
    float-exp bf01e7ec 3f1a1ec1
    float-exp 410b6bb0 45be322b
    float-exp c1b6f1ac 2f00c05b
    float-exp bf70f09b 3ec7c46f
    float-exp c114999d 38c2243d
    float-exp 420cd520 58de0708
    float-expm1 bf02d544 beccdfc1
    float-expm1 40e13a5b 448e510b
    float-expm1 4295ce57 7585a397
    float-expm1 bf741893 bf1d5718
    float-expm1 3f438008 3f92b4d2
    float-expm1 40562d2f 41db3a1a
    float-expm1 3dafe333 3db7a949
    float-expm1 4023b107 413e7e52
    float-expm1 429860f9 7671dde9
    float-expm1 bf1c5239 bee9fabe
    float-expm1 40f8f0fd 45155e1c
    float-expm1 41d7aa31 52ed9690
    float-expm1 3f61e3b2 3fb554a7
    float-expm1 4023d4a7 413ef163
    float-expm1 4194f4a8 4ce8ae1c
    float-expm1 3f2456b5 3f667220
    float-expm1 c04852f0 bf74cf17
    float-expm1 4200417c 56991e3c
    float-expm1 bf738e55 bf1d21c3
    float-expm1 bebfb971 be9feb1d
    float-expm1 c03bb72c bf725f3f
    float-expm1 bede1c7d beb434cd
    float-expm1 4067a2d1 42113f65
    float-expm1 41d07276 5240c3ef
    float-expm1 be94eb8d be8137de
    float-expm1 c112eb4e bf7ff943
    float-expm1 419fd8f5 4de2f9ea
    float-expm1 3f57fe5e 3fa999fc
    float-expm1 c061ab0f bf7877e7
    float-expm1 429c49bd 77d57c23
    float-log 3ff4668f 3f259347
    float-log 5e4a0c83 422af42e
    float-log 3f82e383 3cb6d297
    float-log 3f7eaf8b bba8a96e
    float-log 11eb3a34 c27ca4e2
    float-log 3f800007 355ffffa
    float-log 3fed51bd 3f1e0c5e
    float-log 132a7181 c2759d6a
    float-log 3f7ffcce b84c8147
    float-log 3f2dee30 bec5e63a
    float-log 16115dbc c2659db0
    float-log 3f7e8327 bbbefab2
    float-log 3f69dd99 bdb933c7
    float-log 69d82400 426afe38
    float-log 3f800005 351ffffd
    float-log 3f8a3177 3d9cec50
    float-log 40035974 3f380ef2
    float-log 3f7fd621 ba2789b4
    float-log 3fa5d69d 3e849971
    float-log 5c46353f 421fc965
    float-log 3f7fff88 b6f00038
    float-log 3f14459c bf0bcf27
    float-log 215d7809 c226ef56
    float-log 3f84c961 3d1660ba
    float-log 3f25d049 bede5e49
    float-log 172bebaa c25f6651
    float-log 3f802c39 3ab0c578
    float-log 3f3b6a00 be9fabba
    float-log 4d6ce5bc 419aa502
    float-log 3f7f3d30 bb431a46
    float-log1p bef39c5b bf2558ce
    float-log1p 30d22d09 30d22d09
    float-log1p 6f4c6bbf 4284a25f
    float-log1p be6e383a be879325
    float-log1p b7b605b5 b7b60636
    float-log1p 46013744 411053ec
    float-log1p 3f95e91a 3f467808
    float-log1p b7c3c871 b7c3c907
    float-log1p 5edd3fe0 422e16ec
    float-log1p beea6fb9 bf1cbe07
    float-log1p b420cf2b b420cf2c
    float-log1p 69014ba1 42662a47
    float-log1p 403d3cb6 3fb00e87
    float-log1p b3ccda88 b3ccda89
    float-log1p 44ba96d3 40e9e37f
    float-log1p 3fa16fc2 3f50df35
    float-log1p acfa3a10 acfa3a10
    float-log1p 5ee44872 422e36f8
    float-log1p 4003c5e6 3f8f1d04
    float-log1p 329c6e5d 329c6e5d
    float-log1p 727dc09d 428d6267
    float-log1p 3e676f4e 3e50a7e2
    float-log1p ad1c31bb ad1c31bb
    float-log1p 720a00a1 428c2a8d
    float-log1p 3ffa9dd3 3f8ad0af
    float-log1p aeecbabf aeecbabf
    float-log1p 4d88f313 419bce3d
    float-log1p bf427989 bfb67e50
    float-log1p 2cb4cb40 2cb4cb40
    float-log1p 50d7b0bd 41c0b5e6
    float-tanh bf4a0848 bf286f5d
    float-tanh c100d0f2 bf7ffffd
    float-tanh c00cafe6 bf79c4c0
    float-tanh 3f50c2ec 3f2c2f74
    float-tanh 40c4a806 3f7fff66
    float-tanh 4273d34b 3f800000
    float-tanh bf5ae568 bf3196ab
    float-tanh 411b6c4f 3f800000
    float-tanh c2a44c6c bf800000
    float-tanh bd90c1e6 bd90844f
    float-tanh c11cc0a6 bf800000
    float-tanh c24b6c78 bf800000
    float-tanh bf2ced26 bf16ad4f
    float-tanh c00da952 bf79f406
    float-tanh c0b6c0c9 bf7ffe91
    float-tanh 3eec4f01 3edcd86e
    float-tanh 4103e710 3f7ffffe
    float-tanh 427052a9 3f800000
    float-tanh bebff2c0 beb76f12
    float-tanh 4000089f 3f76ccf2
    float-tanh 429dcef3 3f800000
    float-tanh be47b512 be453698
    float-tanh 410d7057 3f7fffff
    float-tanh c19bd09e bf800000
    float-tanh 3f69510f 3f38c7e6
    float-tanh 40e80cad 3f7fffef
    float-tanh 426e9fa3 3f800000
    float-tanh 3f73ba0b 3f3d9f60
    float-tanh c10d75c2 bf7fffff
    float-tanh 42a2176f 3f800000
    float-sigmoid bdccb90a 3ef33729
    float-sigmoid bfd79f2d 3e20401c
    float-sigmoid 427801ad 3f800000
    float-sigmoid bf3cde4e 3ea5a0d3
    float-sigmoid c10f0f0d 39093a2c
    float-sigmoid 42a67da8 3f800000
    float-sigmoid bf33b2f9 3ea9aaa7
    float-sigmoid 3f0f17e8 3f22dec2
    float-sigmoid 4246e065 3f800000
    float-sigmoid 3db1cd96 3f058d88
    float-sigmoid c0c46f57 3b0d1ea0
    float-sigmoid c2b91c7a 0000b15a
    float-sigmoid be31deab 3ee9d26f
    float-sigmoid c06b64e8 3cc9ee13
    float-sigmoid 4205b7ab 3f800000
    float-sigmoid bf5dace3 3e979af6
    float-sigmoid 4061195d 3f789ec2
    float-sigmoid c12f015e 37951668
    float-sigmoid 3f3a3421 3f2c9a06
    float-sigmoid c0f778e1 39e57d0e
    float-sigmoid 422f622e 3f800000
    float-sigmoid 3f4d95c0 3f30cd21
    float-sigmoid 409fd3cf 3f7e4705
    float-sigmoid c2a53ace 03e0b764
    float-sigmoid bf1f684e 3eb2c689
    float-sigmoid c090c371 3c2fcfd4
    float-sigmoid c1bc195b 2e872fb1
    float-sigmoid bf4bd865 3e9f244d
    float-sigmoid c0cd4894 3ad62acf
    float-sigmoid 42232639 3f800000
    float-softplus bf4c9428 3ebe240a
    float-softplus 40ad91bb 40adb5c6
    float-softplus c29060e2 0b6731d4
    float-softplus bf16ced6 3ee1fac0
    float-softplus 4106d2ea 4106d3d0
    float-softplus c211d679 2528e9c6
    float-softplus 3f13d7bf 3f82f281
    float-softplus c099248f 3c08356c
    float-softplus 41370cce 41370cd9
    float-softplus bf17199a 3ee1c569
    float-softplus 408898d3 40890ab9
    float-softplus c254de2d 191583c3
    float-softplus 3e65670f 3f4fb942
    float-softplus 410ab8f5 410ab9a9
    float-softplus 415794e3 415794e4
    float-softplus bf72534a 3ea7e3e0
    float-softplus bee2759a 3efe14d6
    float-softplus 4295011b 4295011b
    float-softplus beef71b5 3ef90a7e
    float-softplus c0a746c8 3baf6992
    float-softplus 42a6095a 42a6095a
    float-softplus bf29b5d3 3ed4cea5
    float-softplus c0e2ca75 3a5afcf6
    float-softplus c1da2f92 2bc9474f
    float-softplus 3f04433e 3f7c067f
    float-softplus 40c7336c 40c7439f
    float-softplus 42abf4f3 42abf4f3
    float-softplus 3f7f69ef 3fa7e21f
    float-softplus 41020ff1 41021126
    float-softplus c288947f 0e325177
    float-sin c0a8f2e8 3f57e76c
    float-sin 3fdd72c1 3f7cc28d
    float-sin f0147f92 bf2731d0
    float-sin 418a0108 bf7fe5d7
    float-sin 44863c85 bf022da3
    float-sin e7bc8073 bf026e92
    float-sin 41c284df bf3accb5
    float-sin bb656adf bb656ac0
    float-sin d68d7fa1 3f0564d4
    float-sin 41a54da9 3f788165
    float-sin c00466ee bf60e86a
    float-sin 77d20cf3 bef22116
    float-sin c096e82e 3f7fff9c
    float-sin bfdca9c6 bf7d0115
    float-sin f07165fb 3f3186c6
    float-sin c1e4842d 3e928216
    float-sin 434ea787 bf23180d
    float-sin 51205ecb 3f7db871
    float-sin 4184cc51 bf47385d
    float-sin b962002b b962002b
    float-sin d3b3f00e 3f59f734
    float-sin 41b67b3a bf3b0090
    float-sin 46dc51e9 3f66aae5
    float-sin d56c9c8c 3df49da6
    float-sin c1391f95 3f56e245
    float-sin 3ceef623 3ceeed76
    float-sin ed25b7b0 bf5ff719
    float-sin c1563d13 bf3bca5a
    float-sin b59b524a b59b524a
    float-sin d69ecf0c bebae00f
    float-cos c1540fe3 3f45d82e
    float-cos 47c9bf03 3ce39358
    float-cos 5aa06fa2 be5bc301
    float-cos bf7d89cc 3f0c61e7
    float-cos c1a0230e 3ec8e834
    float-cos d75caa72 bf4fb55e
    float-cos 40299206 bf61a10f
    float-cos 46f162a5 bf789271
    float-cos 702616d0 bf0c238a
    float-cos 41ab33e0 bf549aa6
    float-cos c1f3b048 3f13e61a
    float-cos 726ca6fd 3f360fd9
    float-cos bdcb5edf 3f7ebd25
    float-cos 36ae54ac 3f800000
    float-cos d1314404 beaaee5f
    float-cos c02b9203 bf654c3c
    float-cos 40978c4a 3cc0617f
    float-cos d94778fc 3e0d25ab
    float-cos c1b6f45a bf237905
    float-cos 4867c3ed 3f37600a
    float-cos e234bbe6 bf3381a9
    float-cos c0cd924f 3f7d7650
    float-cos c5547833 3f73dc1b
    float-cos 61653ff1 bf6ab33b
    float-cos 41eccae0 be7970ce
    float-cos c3497095 3f6df13d
    float-cos 67d13a9e bf5fea1b
    float-cos 410f7ad9 bf65b272
    float-cos 3832f949 3f800000
    float-cos 618d56fd 3f124d4d
    float-pow 40400000 40000000 41100000
    float-pow 41200000 41200000 501502f9
    float-pow 40e00000 41000000 4aafed82
    float-pow 40000000 c3150000 00000001
    float-pow 40000000 42fe0000 7f000000
    float-pow 3fc00000 41200000 4266a900
    float-pow 41100000 3f000000 40400000
    float-pow 40000000 3f000000 3fb504f3
    float-pow c0400000 40400000 c1d80000
    float-pow c0000000 c0a00000 bd000000
    float-pow 3dcccccd 41200000 2edbe701
    float-pow 00000001 3f000000 1a3504f3
    float-pow 43840000 40d89a2f 5aaefb7d
    float-pow 3f974912 c3b5bb78 13a40e9b
    float-pow 1c841fb5 bd9d1aa5 4224fe27
    float-pow 584014f1 3f921cc7 5bc24b32
    float-pow 3f8e420b 440f6c1e 6b2a251a
    float-pow 444f8000 c0a74235 261f4c2f
    float-pow 440f4000 bf162549 3cc5912b
    float-pow 43720000 c119ddec 19663683
    float-pow 3e9d974a 4189d0e4 30d21520
    float-pow 250e8b4d bf989e3e 5f00bd7f
    float-pow 3f86ad05 411b605d 3fd1b6c4
    float-pow 43848000 4161e0ae 7847d1eb
    float-pow 40066f71 bf0af69c 3f2b1b89
    float-pow 3fb4129a c19878bb 3ac3ff9d
    float-pow 304004c6 3fa15ce0 2c49e885
    float-pow 31992b20 c087cc9f 7a53a00a
    float-pow 4034eff2 409aa446 4317c31e
    float-pow 4039891c 40eac8ed 4519f517
    float-pow 3f6d02b0 4086ee1a 3f38f857
    float-pow 43720000 c17d212d 00d2ab52
    float-pow 03e5048a 3f3c33c1 13a893ec
    float-pow 0ff4a432 3f9c7842 055d54d2
    float-pow 400583a0 3fa61658 40262b65
    float-pow 444e8000 c1040bce 1782a706
    float-pow 5d578dd6 bf86a40d 200dd602
    float-pow 446b4000 3f733803 442722aa
    float-pow 44630000 c0f2fa5c 1a27505c
    float-pow 3fc4be8c 409b9eef 41016de6
    """
