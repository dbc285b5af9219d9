"""The value grids that ggml's IQ types index, constants of the format (ggml-common.h, iq2xxs_grid and its siblings).

Each is stored as the index of every value among the few that occur, two to a byte, deflated, in base64.
"""

from __future__ import annotations

import base64
import zlib
from functools import cache

# ggml type id -> (values that occur, values in a row, packed indexes)
_PACKED = {
    # IQ2_XXS: 256 rows
    16: (
        (8, 25, 43),
        8,
        "eNpNk4uNAzEIRA0VgCsA91/kvYEkOq0m6zgGM5+cc46DBAUeMDsnbH9wUOABC/ZjDxewy/e7hQ6e3jQwngBqlJ9mUXaqt+k8NHYa66QeNTdn"
        "5XuJg9Jll/1iH5zm/XYAB6VBPDmSp+8OZc363N9wUeDtkKrQE8YnA1uwBieLNuwV36k+0fR/nHvDIpaSmX+I3Sk1jlr2Ei2R9SX8RLrMwt0y"
        "fATQrZCyBB2siz1L85v8fk2PimDNTTWCWfE+bTCy89os3wjoK7Mkcmg6lBw63m5O23FNCtuoGUwNIriK90m3YIqbjmguJWRENIg3w8qBs5ap"
        "W6j6rAWUsbpLKFauNY+uUND4kUBkZWjFXIUNa2z9M7cRQgqF5xht43j9DM+P6ZVN7w6vZo8A9IZAzklx1PkFAgtpNjJzFIGbgFDm4J1EbFTI"
        "DQsCU1sZl+BE0+/NIOMwLInOBImqWzh1rk+oUsGyvMx+Ge6K3dm/SeHLmChhRUQuSi3CM6aKmNKT3/DdDSAZLo1AdtkH99KvON/UvhFCicML"
        "Kd5Es0lMc1tj64TWcTGQ1VK0aOXd+uuizBM5Gig2jwHZqxHyD+nDLIU=",
    ),
    # IQ2_XS: 512 rows
    17: (
        (8, 25, 43),
        8,
        "eNpVlQuS5DAIQwMnMJwAc/9D7hMk07XtUk0+jm2EpHme53EQoEADs+c5IMG1neAgQAE7vAcJ7tmPHQQoYMn73AUdBChgl+fg3t3IGAckuEAb"
        "OwhQoIE5c3wP5CBAAQuexx6ygBX39TuwRoACZs7nW4Qdrs8WE29BDXQSjQQXqEgHAQqY89a3cAcBCljwHGQsIVbc148YnUKjgFlwjiXLDtdn"
        "SbNc4mx2zyEwfUl0cGrJ9FmlZjQwK9ZbkgPY4f4s4fWR3swFNlXdvyZY3efW2whnNZCX6+7pxNk2arbapDaIctEsOkXjNM+XApWt8lTWNLRz"
        "jqcj/TXXd4oez+/YNlwX5/waf65Z3n2pLsDCTwi5YvBh8gwDWkBDAtFCB9yzYjm5grHpZPwnnGPJvJxN1WVV56+QTpRlraACpA4Ubbd7BOYr"
        "ecnbxaCtPEd4thL5CbC3ANH1iZEjeeSKUj8a4NU+RUppYvj6T6wcyB3B3htDQhsK6RwB13QPEXsxhftiMURdeR2z8b5517NBgQa2FpZNZUnZ"
        "UOyKGdloCNbuz8peEpesT58lXvKVXCO3CZLeZxxfGaj10xx1RazYtubPVFB8KGQaJ8pEkYPrP7P5bjXKtv0ceawJdavfZ8bzNl0PpMrja86+"
        "a04UziRMGisKffQZNgAHOp5rXpOCWPCJe25y/fQY2jfm5C6pVXE0Jof9EZg2/wxva40xfrzm9zcAdLhuHzHqkKKM0pfZ5JojWW9AlLYs/gLz"
        "jMrk3YYG5LMv4REV95YUyhqIBET1CF3Ff+Gi1YmWzBq7T9gcR0pUjuAmdHAG82O6G+B0TMp2VqLAzKdZp0eAz/5LUOwrbRTbiucJK1Q3xhLR"
        "X3BJrIVYiZkxnBrAZn9hhj3rxhtqPtKe8ax0x5xqmOTlKvwLvTx1a8NPjYyGLhzcqpQttW1oiZjLMUl1sfcdszy6AZDCnx7jSwhfcML2ZfUJ"
        "UFyq2Lgig68nUEW6BIMC6MLBdUHAxnUAnYRI3ey6qIny+j7ZE74+Ca3UVUrwV2nBME1Sl9smoGVgCOH9G9bYmLobedIdrZyilDVqjE6BzKkZ"
        "HL9hh/ZRHEvw6QSZfv8A/qRfOg==",
    ),
    # IQ2_S: 1024 rows
    22: (
        (8, 25, 43),
        8,
        "eNpVVwmWKzkIM5wAOAH2/Q85WtLJn9TT606qygsIIZ9zTgINLPCAiHMKGOCGH0iggQWicB8Y4JZfTqCBBWJwHxjgjgdOoIEF4uL+9WQNPCBw"
        "FTDABbiIBBpYIBL30wtLoIEFovE7MMBtL7qBBWJxb72JBBqIh9+eN8WrgQUiEkN7ow+IwndggFvefH8C0MAD6mKEl1o5rwEuwAAl0MACkbgL"
        "DHDTwUuggQUeEI1ngAFuO7gJNBCLe8AAdx30BhaIh3vPSeBueC3wgIjGnhohaYTASWpggSjcAwa45eQl0MACMbg/TmgCDSwQF78D57WyxV3z"
        "ugAT35/kN7BANJ5pkyEW/++PFKmVrq6IxVoXa12s1YRp4AFRuAcMcMtESqCBBWJwf0yuBurivbdiEjNCwiXQwAKRJmADC0TjOeAM/l/8vSZn"
        "xMOaHijxELOHtZiw9z4xtEx10pn0JUVJR9KOdCKFYkwPUoApZiqZFoafIWY4Rfp0qBgihoJb5rZUDO1lcTlRnprDcxg+yp/1KWCAGy6eBBrY"
        "9M0CBrjlwkqggW2/WONiS6CBXQ9WnwFLUUzttMMTVLowuzxZfSYsAGRXwaZYWMowF8JrgBsu5gY2vcACBrjlIk+ggW0vvsaFn0ADu95QASgk"
        "bazEwlbGj1bauja86UqLRgINbDkQ1RYSBqT2JygtVo6CxJWjMBWsqp/YvOfgseJHLFsxgbPyYlApRgk0sOUgF4DCVrBrLVapar2qhFCULGBM"
        "RJWF7A6ee/h+3lfUpi1saTmm5FJCKZc5lkCJXlu2lFBKEaUjXf6JkpUgonwSpZHQZiWcFD6mFGmTvJjadIpECIYUYcrwNlNbUfWkPgtAWzEn"
        "ltj4jh+go7nPJKJKQiFQnaXqYaYQFcxUuijIfBm6ifSbdNBMiTQCijl/Yt1SjxYpyTDumuSE5knIZ/B38ZtUeVypNXl7JPJUyRArTWboj4T/"
        "YdHQFpGbao4Kzr5X6sDd1UCxsKEHhNskWyHbHdsbWxjbFdsS25CKozSzm0i6DVDuKesqnLIUU3bVZNKSqoKiNB7LV0EjKFcFjVATSssMpUSF"
        "Vy5xlrMaVLpcVZDl0mIZqXGly4FloGIl3UnvNGVJVRVwmYIqZNKJVElTQWxnxo7TxPSo2JkGhj0cVjXE9Dal9NxCeEmqMk5zPJQyyNd4mx9o"
        "BdbsZkpiQCuwZosIb7LBkizQCqzZwsIX2HRDHbjVrdgNjlSspQqs0kgPespE4wWtkCBxIjbrNxYnTvrXuFNdddSxQmrmZh7lRampL555FrNS"
        "F1p1h5QarRQi0os/ZXJzdl4UPm6IhoCb+jMFqU5+1SVDCgqDkBZHbvrPNMy1WDII/xqItIWjTaPtosWiutE2yVykLRDtj0S2vBOOKuORtg+0"
        "ChJgBva4jbNVszVLlOsjzOWWx/Yms5JuR2w9Em0m47g9sAVQ7iXkTBBlOSylX3PTcgWSJyWPqhaWC63ujs1PuMTkTFg6x2WgDkB6h+mqyktT"
        "ShEPU0CmKZyOr3lKb12uJLxcKWr49a+xCjm8Ufef/JmslOtaOZpQt7PxijK5GNX3MWEhot3/mbEbD5PjiffUtMr2m3Z60vZ42GnCllbGrW0p"
        "1eC4K14k7Z+ZS1sU2hA1P5IZuqEmSFIry2h395rgcjElaUVDTBnBljOT7KgA2GHCZfs1iWEafc3iA5bhuTaOdUdNlkVDh8S7e20kXyKrqEI2"
        "4OPjCY8gPGbw2MAjwoK/MpsMcthyy3imrS5trZr2sZ1U865PAy9bLxnUtFWiLdpIF+uxdVHCaEfCdkJNn0XMNn6fDS0Til4oM8DiDrcxVUhY"
        "8uWQKeVHDkryK2dAOT2WPhGClR+WIxnjsDR8DXK6DOWIw6Uj0xym8tc8v7UBIRWY6ps/M83QhLclxee0HJJNMCQ6V2a756qTg6FgIJojRmWT"
        "DB8P6aZ5pKMbpKO6fJlidXwcEpk5WLiayD6ZH+5Gl22yzFB9DBHFjWoCtsscUehk7GEfSIqj05laphYZbm2XribcMr4HgLk2VZSyv8PAXpWU"
        "DgUDxawZ0kgCSkpMKk04CvjAgCFkBM59Ojy0j7WPQssjJfzWCx/1eDTjUeLhAR0wmtViqyUTwWA+momf3aCdkMmjWOsUgDaJoD1ePJQgeA/l"
        "gzFWCeAb2MZDRt96Kg7PYZ0cCAU//wFP+8Xg",
    ),
    # IQ3_XXS: 256 rows
    18: (
        (4, 12, 20, 28, 36, 44, 52, 62),
        4,
        "eNoNzrmCqjAUANAsIO0loLZJAGkTEGkRQVpAHVsctzaCzPe/d77gIESQhVzkoTXiSCKNSjShGWFMMWCGBY6wwgne4zM2GBFCLOISTiTRJCU5"
        "6ciVzARThwJlNKKGelZuVdbVmqzZwrZjJ3ZvZ4vHAhzfWTkH5+ZgoADAQEAAChLYQgMtIJe4rstd6WJGGTDGBFNsZMgjHve0d/ReHvZtv/X5"
        "Mlwel5+lvZLr4n+bcJd7nHPJN1zzkmNBhS1AMCGEEnfxFkYgSaQr15JLKXNZyIvEAQR+YIJvkIWnkEZxtI++EY5pvIrrGCtQTAkVqFY91aiQ"
        "JpprrSt91DihCSRR0idj4qZpqrbNdtyibJHJ7JL5u93uvkvzIbeKdZEVeXEqrsV3z8u8LMqhfJXOoT5YVVc9qqg+1Ka2G2hYoxrW7lvTom7R"
        "bbpL5/dJP/bkdDrBOTjH5/FMLvrS/oTX8hoO1XAcHoO43W7r38evuu/u1cN+9s/0Rd/iTY1tHAMmMb3ZfIoPG+uxH9G0nNJpmMR3/0UzmcNZ"
        "/f0DS/5ZHA==",
    ),
    # IQ3_S: 512 rows
    21: (
        (1, 3, 5, 7, 9, 11, 13, 15),
        4,
        "eNoNkbl2qkAAQGdD2llY2pkBpB02bdmUlkWTFklMWkST9/svP3DPufcCAAECFrABBQxw4AAPSKBABDJQghqcQAcGMIEZLOABXuAfABBCBAmk"
        "kEEXShjAGCawgC28wTvc/nAQWchGFAnkIYUiZFCOanRCHRrQhFb0RBgz7GKJNU5whg+4xT0e8Td+4B8MiCA+USQkKSlJQwayEmQRS1ra2luZ"
        "VVknq7O+rKe127Gd2CW7cffYARvZxJa2tvd2Zvf25U8IUkQJpZRRQV3qU0k1TWhOD/RC3+iNbn/KkGG2Y5Q5TDHDMlaxno1sZb9/MTh3uc8l"
        "D3nKS97wK5/5xqEgwhZUCKFELIzIRSUWsQrsWA53HCdxMqd2zk7vXBzoUle4yjVu6g6u9EIv9lrv7EEf+9TnvvILv/IXf/WBhBJLS9qSSi4d"
        "6UklAxlLI1NZyUaeZC9H+S1X+ZQ/f4OQokooX2kVqUTlqlaDgppoWysdaKOPutKTftcP/dIgQIEVsEAHYZAEWVAHffAVwNAOZRiEaViEVbiF"
        "PyGJWKSjY1RGU7RGYI/29l7tr/vb3opZvI9N3MR9jAwzwrjGN9okJjOFqU1rOjOYD/MwMMGJlTiJSoKkTOZkS34TkPJUpmmap30KM5o5mcqC"
        "LM5MVmVN1mXX7JnhnOVervMkH/M5/8xhQQteREVatMVb8Sy8Q3WAR3yUR30sjqAkJS9lGZZxmZZV2ZdriSq7YpWodGWqomqqobpWsMY1rd1a"
        "1Vld1u/1Uq81aVgjGtnoJmmKBrSoDdtjW7aP1jrZJ3VaTuKcn+cz7dzOdE03dKinvdPrvuzbvuvH/qt/9XDAgzXwQQ3psA1gZGMwmvEwTiOa"
        "7IlO8dROw3SfnhO8kIu8pJfzhV/31+E6Xes39E7e9TubxezOyZzN8wxu8hbfPm98yZd6uS7Lsi7gw/lQH+VH9Nl8Lp/gju/5fb5bX+UX+xbf"
        "YCWrvcpVr4e1XC/rsqIHe4SP5nF6wI1sdPM2tZlt2NAzfRbP6Qlf1ku85Kt/6Z/6B/0mv+Dff5EgseA=",
    ),
    # IQ1_S: 2048 rows
    19: (
        (-1, 0, 1),
        8,
        "eNotmYGh6zoIQ2MmAE9ge/8heyT19eu3dXJTggEJ8n3fV2DAAQ+sxfeVAwUOeGCaY5zYYIPZ+aMCBzwwNxcpcMAD/S2uv7ju+hpscMEDU6w3"
        "a+CC4ocHPLA254MNDpjD2mUNbDAvRup1wAOzYnSBAx6YLuyu74LevO/cVIEDHliX88C9udkCBzywVmN3Y3djL3fTja18xiEP9OYzWJd1MC93"
        "zCe/tv6P4w544FacOODJmYN3QIMBG9yJkwsMOOCBdcBlDRzwwHr8LRiwwdX3tfHxxtb9NdBmFRhwtHGbY2CDC+bw/XIuuDcbK6/q9cCsbHSB"
        "Ax6YPth9MJPPO0FQ4IAH5iYoChzwANbhz4t9F/t4r4tPWevr4Flg9L45Bi5Yl89ggwvmJcjKlj2/ZiXoChzwwPTjeg9f8r75vhOUBQYc8PT5"
        "JlALHPAUtAlXhaZCbv1DSKGg7XdAz387/m5eExfq9nQ7uoW1YoIupT9d/8O+eoEBZ+VLgwuGJHlKlMkJ5MRqQF6sDe4kiQY0f1wk04BFQvXL"
        "xRpsMEWCceENLigSbsABD5APhAFrJz/eYIN55Wzd3imin9eAAy5YxTGAM7CXz+CAB3QDDcgP7OV8UCQ4ObIO6MPaScI3GHAAubPezc03II/W"
        "BeXs0Q7HIbJErw0uUNEoMOCA93dYA3IM2+K8AuQYH1kD5Bg+iFMbkGf4gnVAkqwCDQYc8MB3swENyEF8xfmAPHTRKkAeeoNUMchIfLhtrV4H"
        "PIBD8F8KXAFyFFs5Dl5nc8lVTGMNXG02hbDBgAPI2/XApjg+UJdjoB/HwPKvUXXqOFAabHCBiumAA54K6+Yc0GCDC+awdlkD81J8yx6/3MN1"
        "4JG72E9EgAGnE4wNyGPsJ8vBmxTtAQ/cw3mXvwUDDsCJpCnHhO/ZU128gyawN7hAhb/AgAP4I2zmGCCvuS7fwbshiApFiZJELyYMUcSEAlTq"
        "izJO0H9FOSUBXCpNKpWSphJWlCWTjMrMpIyoZFDNncrKBqWiUqz4UqRCEc4KO4WSQsNJqS1nO2vr/RDeuGHHFbotEtY/62q2HNkhNP2D07CX"
        "tS4n9wbwGtfjOwfhM2zl82XthgD1B3AZtrJGMSC7iDwqL4DPsJN3QA5jb/vi5C42432wKR5zUkDIV+zk82PtpXor83TXVx5tvoPTKTTkG9fi"
        "2MRYcqzgsronhEweYSdrgBxyUYLLCh4reAx7Ieulm9vYu/mF7aJ1AflR304BIxeqDxl1QvDvT/JltjpmBVWHzx48fsFh2Hpc/BrAYRYEciIc"
        "hh8jDuRQ+Av/He73ulBSmbDn+q43RfN2HE7Mu4DCXfiNdTAnwgL+wncce6y9CI0ykz4z1lfZLFmmF/zlQrwBHIZ9ESXaTLgLs1i7ESnaXLiL"
        "t2d1sSKdWjuCJOmKvKCcWSq4sEsabL2HXim+fAdfaE80J1oTlYmaVEX7TzmiGVGM6EOUoXKvsq6ybaLolFqVVZVKfpPvBN1JeTKRdMoNoinB"
        "qLJB2vc/7VFGTimlkavklEPXQTsJE+6BEBLYQgxp3ITt/vlUJZaJbWyjgnTISgvEN7aFuBT4cBO2cc6fyDaAoyz0lBQjwfdCcFfvVpVjFSel"
        "scyCY8bZroSqKONs0E6uzg/rBR+xJ2MBKZKUMeQI9hCN4P6JUwaSL+wRazsJyQmEKuedECsnYxvnAHiI0OI7SXvAA1LW5BB7uH2zYwbYrqar"
        "cvOKYInYsmUc/wtaETZBh20bUzhP3ykG8A++CpmjG/vJcZfPYL04cT/9LhGBM8k7fu+4KpCk3Pvh+nwH8A9mxeHwDpdh/UQgaAM2uAD+sWBA"
        "PxKTsACQ4OZErn/NaquyWaoOnz3MeX+BUZNNJD+5F7IVwEfcD2uAXMVs3hEicJOLHLzE73PtvzDBudwXx/WuQODq27+AiqcYwkXEJOubtZ1A"
        "mUdGpHWaf8ukFkltj9octTBqWRxMakG+tBUjD620CGoJ1AJI8ku+S6pLbkteSypTXvi7SGBJXMlZdxTHatry08KpIyGlJKAdS0axneTg/CWg"
        "ZJ8FVke+OQrkwS+Sy8W+I6EklySNJIMkeSzIOrJFEkVSRNJDMsNCrSMJJAFE+W6GROPvRcSJdit0aYZfoTlRlOhIdGMLOpQiKhF1iBJEBaMS"
        "/qUkqwzzGy6zScCUPwvDTmlSOcI0l51ZKSlmAkqIK1inTKg0OHrYUe/IShorZZWeSsf5p53FZiWNlDZKFaWFUkFhrTBWuLoATEJPYcbesZYw"
        "Usi4C66Ewvy33Z3Rly00uXa2wUrxxpUWuR332CVyxZfbddXsmO2sPjHBEbbyJ74r/aMWcV8cB+/flEo0q0jpIDWJOOQ4eDp2Urz0R3A795km"
        "ViJbBU0XokYRq3z8C+9+uThcT8ym4aVecd94FWx3lmSr1t1JxIhjVZnmeFkBqThyDKAA2EOOV0T9uHKx5qyHSTsN9ZqIkZ7ckF7obMzknH8j"
        "oMKrG0VbWLTohtEX7CNrgLrnZkFOQG8gYOIMah8ylHOe7kOOOO6673fcMY5VdxoMWNuOO64eaTZ64khZpNcF6HNuj2Ng9BkCuOCTkLpx+rlp"
        "Uu6/USlPEa474OUuLBuyrcivVZnYuTubtF0VM1xYE2HWk83btuL69f6Nj0hHm0rtxAWsnWww9dNNkQhJm00NZZl1fRdB0SiheRwET8MLVCbO"
        "Y++4ciUwYAxsSTM13hHW/MsRhwqaAx5YkB1ayIJRgYT25/dYA+slsDpjJI2NHGCwucYyGrWwu/KuRydu1jpjkX3VuBGAWwH4+IwQbU9N3NpT"
        "Mt2Oq822QN1pnR2o1Ew3fZOWUt5RK7fVrqF/TMK0VBa1CuaVFkZti5vDnZYAdWapLgnuAN+OAtb/gb4iMyURJc0sjsddIiy00lxuq9EMgiqy"
        "x4z7/k1nR3o44rWr1DF7oUL7FgQTKhb1Wnx3aHT/KXP/KVF0yD0kyU7oyM3shBLcAXbKppWESuCXEuaKOSktjqyV1PWLRfaDd9KCMMd3aYon"
        "4acQwwaHkBOYm9jnpUG4n7cAeuEy4MRlVr9j1cHp/8a68/P7/1O6jKNBS0dRwf+oBfiDYxJBFAcMwwe8aZBGQ46Q4CD/6R2RRHfrAiL1W5NC"
        "ouhV437/BQW9wzVyUXKXOLueJqnAqLFvdzjXHYWGdMuK8NoAqaY1EWDjanWdkZ89hhIBNFjsI58Biche8f2lcKFn2KPnacJZzwq9rYYee5Oi"
        "dpxpEXbjK3I+RQ6Ng90cu7nhL+NijYM1/vUQsTJm1Tj1qCB+GYWezlhTY0wXyC+jRY0PNS50wfwyztOoTqM5F1ANNiQsMVpTBI2yNJbS+Elj"
        "JA8ra1Jod0Y3qkgarWhsggdSgO/xuMIbpBGExglfRgKeZKrFV5H+0na7M1T3tdLeqmXF7gxEKy2j2kTszoC00qapLVNrhK0ZwqgdWZH6kuke"
        "yrR3J+L4/gc0knYViXU02djuJCmdkS0mCsmKFSo3aexQLNcNgezQlejIwx5RzQ5VHGiBhjYEwx85KJenSWzpCuGslAql+CFHPOgVAd2kl4dF"
        "25GwfWUNjp5C8mUgXNlOT1u1FV/c6A5b7lnuZI6HTR0zsJv3nUGyTtU/enETngbLasy1QD9uAqQoeVClpkGJJEJcnQZiW81fq+WaECUsgt1p"
        "LuQJEhef8/llYF2eXj9Ph0WoX2UIcNxxs0bHs6zknlXAdzIgkFF6iYA17NbAQEbSk2OnH3lcJTebS7iFoNX97jw2MFmfjO81giejtEMek3ML"
        "HoVr/G1CX37a4HHz1YT8y1jYjtAEbGXcS+JzvDJwlwD4MjJ10zQZdWp8eSsjRjdS2sXK2E5jOg/7OuO1y8U1IvPwrzOy0vjJjdfOaMgD/crI"
        "x5uhwoUhjrbOSITrlJ/ktJ84eMRgMaKNUzv/pc1219BpiV3wTtpctbOEqFtXC5dO6+hBTKe988bDSfxWHi5MWia1R37QsNLaWOzstCSawFn4"
        "XE9WMsjsyHsXWMn1L3LbXUZHIrvwnkhbq5AVuWmG2q64owrjbFMky7sVueXXjjyiFHP9yCALLQXr+w9P1bB+kRLYyudSYd+eLE3o2R2raLZC"
        "oSaA+xdpR7RHtLcjnrJ/MqDq0IUbYJV2As9Pl3bKoqdzK+XJ3WalxHDtY6XVKQeuIoqYnXTC/uMnYjth6wc5lXBjnx1K3EOGwJ0Q8SSqssXu"
        "/LV9K263mNxxk4dpY8a1ua7gqpz6qcop+JJ1/gc55UmZpvSVRl7kxw37YZJEqZJfw2cqpQfQ7Z0IOX55/KnHm3oypEeTfvhUeXSoR4R6DKhH"
        "e3qcp8d0eiznh1OVR2F69PW0s18eTbm46FGTnt7hGD210SMfTe2fJuFPn/M4RN2xxfKxmvXjAz0iULVWJVAmaaT+dLeVUbWfZn2Lm10ZKp6M"
        "fzXO5XrqVDxutej+Mgp1gVPVUvR9GUG64GmseJfHbR7Ea/DxuVtti/WTUZMH9GP145GQnSwhv/3EzmMIDzTHTxMQE2nP1W6rdfY0oNNuWnTc"
        "v/Dniwf9apHUBOyTDau0Ik+RJvm+Iq3xHZ89QbbEtWjBYR6gzkTASEKi61DNfIf5qK5cK8JGEYNHH5b79UW6uNC//wPECtV76ip67lCsA+gL"
        "tZkQxADK4i/U4ZcoQWW+86QDW6+bF0qfpzeTlHc3sHeC8EuY+0FlJZz8pPLLtppstFXL0wO7zIqpYoJZSJf9cpqt0L8fF/UfIA==",
    ),
}
_SHARED = {29: 19}  # IQ1_M indexes the grid of IQ1_S


@cache
def grid(type: int) -> bytes:
    """The grid of a ggml type as int8, row after row; empty if the type has none."""
    found = _PACKED.get(_SHARED.get(type, type))
    if found is None:
        return b""
    values, _, packed = found
    table = bytes(value & 0xFF for value in values)
    indexes = zlib.decompress(base64.b64decode(packed))
    return bytes(table[nibble] for byte in indexes for nibble in (byte & 15, byte >> 4))


def width(type: int) -> int:
    """Values in one row of the grid."""
    return _PACKED[_SHARED.get(type, type)][1]
