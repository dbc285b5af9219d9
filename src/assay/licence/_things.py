"""Words for what legal texts withhold or ask for, written as `_vocabulary.words` reads them; lower case, English."""

from __future__ import annotations

from assay.lazy import regex
from assay.licence._vocabulary import words

NON_COMMERCIAL = words(
    "unpaid_purposes private_unpaid",
    "charitable_use_only gratuitous_use hobby_use home_use_only no_commercial no_revenue non_commercial*",
    "non_profit_basis non_profit_purposes non_profit_use noncommercial* nonprofit_purposes nonprofit_use",
    "not_commercial not_for_profit_basis not_for_profit_entities_only not_for_profit_only not_for_profit_purposes",
    "not_for_profit_setting not_for_profit_use not_primarily_intended_for_commercial private_purposes_only",
    "private_use_only solely_not_for_profit unpaid_use volunteer_use without_~commercial without_~profit",
)
COMMERCE = words(
    "billed bill_customers commercial_offering",
    "advertis*_revenue advertising_revenue business_activit* business_context business_operations business_purpose",
    "business_purposes business_setting business_use charge_a_fee charge_anyone charge_customers charge_money",
    "charge_others charge_third_parties charge_users charging commerce commercial* course_of_trade customers_who_pay",
    "derive_~revenue donations earn_~income economic_gain economically exploit_economically fee_based fee_earning",
    "financial_advantage financial_benefit financial_gain for_a_fee for_business for_hire for_profit for_reward",
    "for_sale gain gainful* generate_~revenue generates_~revenue generating_~revenue goods_and_services",
    "goods_or_services in_a_product in_business in_products in_~commerce income industrial_purposes industrial_use",
    "industry into_a_product into_products lease livelihood lucrative make_a_living marketed merchandise monetary",
    "monetary_value monetiz* money money_making moneymaking paid_app* paid_consulting paid_for paid_offering*",
    "paid_product* paid_service* paid_work pay_for_it paying_customers payment_for pays_for pecuniary proceeds profit",
    "profit_making profitable profitably profiteer* profits remuneration rent resale resell reselling resold revenue",
    "revenue_generating revenue_is_derived revenues royalties_from salar* sale sell selling sells sold",
    "to_your_revenue tradesm* trading turn_a_profit turnover valuable_consideration wages way_of_trade",
)
COMPANY = words(
    "businesses commercial_actor* commercial_entit* commercial_organ* commercial_part* commercial_user* companies",
    "company corporate_use corporation corporations enterprise enterprises firm firms for_profit_compan*",
    "for_profit_entit* for_profit_organ* freelancers legal_entities merchants start_ups startups vendors",
)
BOTH = regex(
    r"\bresale of inference\b"
    r"|\bcommercial(?:ly)?,? (?:or|and|and/or|as well as|nor|\w+ and) (?:for )?non ?commercial\w*"
    r"|\bnon ?commercial(?:ly)?,? (?:or|and|and/or|as well as|\w+ and) (?:for )?commercial\w*"
    r"|\bcommercial(?:ly)? reasonable\w*|\b(?:including|even|also|both)(?: for)? commercial\w*"
    r"|\bincluding (?:[\w~]+ ){1,3}commercial\w*|\bcommercial (?:item|computer|software documentation|contributor)s?\b"
    r"|\bsales? of goods\b|\bwhether commercial\b|\bcommercially available\b|\bindustry standard\w*"
    r"|\b(?:sold|sell|charge a fee for) (?:\w+ ){0,3}?(?:by itself|itself|with any software)\b|\bbusiness loss\b"
)
GRATIS = regex(
    r"\b(?:must|shall|has to|have to|is to|are to|should) (?:always |only )?(?:stay|remain|be (?:kept|given away"
    r"|offered"
    r"|provided|shared|passed on|made available)) (?:\w+ ){0,4}?(?:free of charge|at no (?:cost|charge)|gratis"
    r"|for free"
    r"|without charge|free for everyone)\b"
)
RESEARCH = words(
    "academia academic* academics academies academy advancement_of_knowledge assess assessing assessment benchmarking",
    "classroom college* coursework curricul* degree_granting demonstration dissertation* education educational",
    "enquir* evaluate evaluating evaluation experiment* faculty hobby hobbyists household inquir* internal_evaluation",
    "lab laborator* labs learning_purposes non_production pedagog* peer_review* personal personal_purposes",
    "personal_use pilot preview private_purposes private_use prototyp* pupils reproduce_~experiments",
    "reproduce_~results reproducib* research* scholarly scholars scholarship schools science scientific scientists",
    "student students study studying teaching testing theses thesis trial_purposes trial_use try_out trying_out",
    "universit* universities university",
)
GRANTED = words(
    "model_are_for model_is_for weights_are_for it_is_for",
    "available_~for available_~to given_~for given_~to granted_~for license_~for licensed_~for licensed_~to",
    "made_available_~for made_available_~to may_be_used_~for may_run_~to may_use_~for may_~used_by permission_~for",
    "provided_~for provided_~to released_~for released_~to right_to rights_to use_it_for use_~for use_~for_~research",
)
NO_RESEARCH = regex(
    r"\bresearch (?:grant|council|fund\w*|institute of|team|paper|partners|agency)\b|\bpersonal (?:data"
    r"|information|injur\w*|propert\w*|liabilit\w*|representatives?)\b|\bany purposes?\b|\bsubject matter\b"
    r"|\b(?:for research and|research or|research and)(?: for)? (?:products?|commercial\w*|production|industry)\b"
    r"|\bcommercial\w*,? (?:and|or) (?:\w+ ){0,2}?(?:research|academic|educational|personal)\b"
    r"|\bevaluation of (?:claims?|risks?)"
)
PRODUCTION = words(
    "any_production commercial_or_production deploy_commercially deploy_it deploy_publicly deploy_the_model",
    "deploying_it go_live going_live in_production into_production live_deployment live_service* live_system*",
    "live_use non_academic* operational_use production_environment* production_or_commercial production_purposes",
    "production_service* production_setting* production_system* production_use production_workload* put_~production",
    "real_world_use",
)
QUANTITY = regex(
    r"(?:(?:us ?)?[$€£¥]|\b(?:usd|eur|gbp|rmb|cny|euros?)) ?\d[\d,.]*(?: ?(?:million|billion|thousand|m|k|bn)\b)?"
    r"|\b\d[\d,.]* ?(?:million|billion|thousand|m|k|bn)\b(?: (?:us )?(?:dollars|euros?))?"
    r"|\b\d{1,3}(?:,\d{3})+\b|\b\d{2,}\b(?! (?:days|months|years|percent|%))(?!%)"
    r"|\b(?:a|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|hundred|several|half a"
    r"|(?:\w+ )?hundred)"
    r" (?:hundred |thousand )?(?:million|billion|thousand)\b|\b(?:fifty|hundred|one hundred|two hundred"
    r"|five hundred)\b"
)
COUNTED = words(
    "accounts arr assets audience budget calls capital capitaliz* customers dau devices downloads earn earning earns",
    "employed employees employing employs funding gmv headcount income individuals",
    "installations investment market_value mau members people per_day per_month persons players profits queries",
    "raised receipts requests revenue revenues sales seats staff subscribers takings tokens_per",
    "turnover turnovers user_base users valuation valued venture visitors",
    "workers worth",
)
COMPARES = words(
    "above at_least at_most attain* below beyond bigger cap ceiling cross* exceed* excess fewer",
    "greater grow* have_had having hit hits larger less limit maximum million_or minimum more",
    "number_~users or_higher outgrow* over pass passed passes reach*",
    "smaller starts stop stops surpass* threshold tier top tops under up_to upwards valued_at worth",
)
CONDITION = words(
    "agreement allowed apply as_long_as ask authorization available consent contact contract covers eligible end ends",
    "entitle* excluded exempt exercise fee free grant if license may must need needs no not notify once only outside",
    "pay permission permitted qualify register rely request required requires royalty shall should stops subscription",
    "terms threshold unless when where",
)
DESCRIPTIVE = regex(
    r"\b(?:was|were|been) (?:pre ?)?(?:trained|downloaded|evaluated|collected|fine ?tuned|developed|built|tested"
    r"|created"
    r"|supported|funded)\b|\bthe (?:model|dataset|corpus|network) (?:has|contains|knows|supports|covers|speaks"
    r"|consists)\b"
)
SERVICE = words(
    "part_of_a_service service_that_is_offered offered_to_the_public services_you_provide",
    "provide_for_~third_part* third_party's_benefit",
    "access_to_the_model accessible_to_others accessible_to_third api apis application_programming_interface",
    "as_a_service as_a_~service as_an_~service as_service available_to_others back_end_of backend_of",
    "benefit_of_~third_part* chatbot_service cloud computing_time demo_page endpoint endpoints expose_it",
    "expose_the_model external_users fine_tuning_~as host hosted hosted_product* hosting hosts hyperscaler*",
    "inference_api* inference_endpoint* inference_server* inference_service* inference_to internet_service*",
    "make_~accessible managed_deployment* managed_service* managed_~service marketplace model_as_a_service",
    "multi_tenant on_behalf_of_others on_behalf_of_third online_service* open_to_the_public outsiders outsourc*",
    "over_a_network over_the_internet over_the_network paas platform_service* public_access_to public_chatbot*",
    "public_demo public_inference query_it query_the_model remote_access remotely remotely_access rent_out rental",
    "resale_of_inference saas sell_access sells_access serve_it serve_the_model serve_~customers server_for",
    "serves_the_model service_bureau serving_the_model shared_platform software_as_a_service_use",
    "subscription_service* telecommunication tenants third_parties_~access third_parties_~query third_parties_~use",
    "time_share time_sharing timesharing web_app* web_service*",
)
FIELD = words(
    "tracking_or_recogni* recogni*_people tracking_people",
    "abuse adult_content advice_on air_traffic aircraft alcohol ammunition animal_testing applicants armed_forces",
    "army astroturf* asylum automated_decision* automotive autonomous_driving autonomous_vehicle* aviation ballot",
    "battlefield betting biological_weapon* biometric* bioweapon* blackmail border_* border_control bully*",
    "by_their_face campaigning casino* cheat* chemical_weapon* children clinical cloning coal combat counterfeit*",
    "court_ruling* credit credit_scoring crime criminal critical_infrastructure cryptocurrenc* customs cyber*",
    "deep_fake* deepfake* defam* defen defence defense diagnos* discriminat* disinformation dismissal* dosage doxx*",
    "drone* drugs election elections emotion* emotion_recognition emotions employment espionage exam exams",
    "exploit*_~children explosive* extort* extremis* face_recognition facial_recognition fake_news false_information",
    "financial_advice flight_control fossil_fuel* fraud* gambling genetic grooming hacking harass* hate hateful",
    "hatred health_care healthcare high_frequency_trading high_risk hiring housing human_rights human_trafficking",
    "identify_~individuals illegal impersonat* incite* incitement incites insur* insurance intelligence_agenc*",
    "intelligence_service* intimate_images intimidat* investment_advice job_applicants judicial justice landlord*",
    "law_enforcement legal_advice lending lewd libel* life_support loan* lobbying malware manipulat* medical",
    "medical_advice medicine migration military militia minors misinformation missile* mission_critical mood",
    "mortgage* munition* narcotic* national_security nuclear nudity obscen* obscene oil_and_gas paramilitary parole",
    "pathogen* patients pharma* phishing pilotless plagiar* poison* police policing political politician* pornograph*",
    "power_grid predictive_policing prescri* profile_people profiling propaganda racist radicali* radioactiv*",
    "railway* ransomware recruitment redundan* referend* religious robots safety_critical scam* secret_service",
    "self_driving self_harm sentencing sexual* sexually social_benefits social_scoring sock_puppet* soldier* spam spy",
    "spying stalk* steering suicide surgery surveillance swindl* targeting tax_advice terroris* therapeutic therapy",
    "tobacco torture toxic* track_individuals track_people tracking_~individuals trading_securities troll* uav*",
    "unlawful* unmanned vehicle vehicles verdict* violence violent virus* voters war warfare water_supply weapon*",
    "weaponry welfare",
)
# of these words open licenses speak too
NO_FIELD = regex(
    r"\bmilitary insignia\b|\bdiscriminatory\b|\bdiscriminat\w+ against (?:any )?(?:persons?|fields?|groups?)\b"
    r"|\bcredit (?:is )?(?:given|line|notice|to|us|the)\b"
    r"|\b(?:give|gives|giving|given|receive|appropriate|proper) (?:\w+ ){0,2}?credit\b|\blaw firm\b|\bbest of\b"
    r"|\bto the extent .{0,30}illegal\b|\b(?:held|found|declared|deemed|becomes?) (?:\w+ ){0,4}?(?:illegal|unlawful)\b"
    r"|\bunlawful,? (?:void|invalid|unenforceable)\b|\b(?:invalid|void),? (?:or )?(?:illegal|unlawful)\b"
    r"|\bsecurity vulnerabilit\w+"
)
PLACES = words(
    "abroad afghanistan africa america american argentina armenia asia australia austria azerbaijan bangladesh",
    "belarus belgium brazil bulgaria canada chile china colombia congo countries_listed crimea croatia cuba cyprus",
    "czech* denmark eea egypt embargo* emirates england estonia eu europe european_economic_area european_union",
    "finland following_countries foreign_countries france georgia germany great_britain greece hong_kong hungary",
    "iceland india indonesia iran iraq ireland israel italy japan jurisdictions_where kazakhstan kenya korea",
    "latin_america latvia lebanon libya lithuania luxembourg macau mainland_china malaysia malta member_states mexico",
    "myanmar netherlands new_zealand nicaragua nigeria north_korea norway oceania overseas pakistan peru philippines",
    "poland portugal prc qatar republic_of_korea restricted_countr* romania russia* sanctioned sanctions saudi_arabia",
    "schengen scotland serbia singapore slovak* slovenia somalia south_africa south_korea spain sudan sweden",
    "switzerland syria taiwan thailand the_territory these_countries turkey uae uk ukraine united_kingdom",
    "united_states us_persons usa venezuela vietnam zimbabwe",
)
NO_PLACE = regex(
    r"\b(?:governed by|laws? of|courts?|conflicts? of laws?|trademarks?|sales? of goods|governments?|jurisdiction of"
    r"|law of|directive|regulation \()\b|\bu\.?s\.? government\b"
)
OUTPUT = words(
    "answers completions content_it conversations data_it derived_data generated_by_it generated_by_the_model",
    "generated_content generated_data generated_images generated_~text generations images_it it_generates it_outputs",
    "it_produces it_returns it_says it_writes its_text labels material_it materials model_generated model_says",
    "nothing_that_the_model output outputs outputs_of predictions produced_by_the_model replies responses results",
    "synthetic_data text_it transcripts what_it what_the_model what_this_one",
)
TRAINS = words(
    "bootstrap* build building clone corpus create creating data_set data_sets dataset* develop developing distill*",
    "enhance enhancing feed fine_tune fine_tuned fine_tuning fit fitted fitting imitate improve improves improving",
    "instruct label_data learn_from learn_on mimic optimize pre_train* pretrain* replicate reproduce_the_model",
    "reward_model* student_model student_models supervis* supervise_other supervision teach teacher teacher_for train",
    "trained training training_data training_set trains tune tuning",
)
MODELS = words(
    "ai artificial_intelligence compet* corpus foundation llm llms machine_learning model models",
    "network networks neural pre_training pretraining rival* system training_data training_set",
)
OTHER_MODEL = regex(
    r"\b(?:other|another|any|competing|different|new|rival|your own|smaller|third party|further|language|foundation|ai"
    r"|student|reward|machine learning|generative) (?:\w+ ){0,4}?(?:models?|llms?|ai|networks?|systems?)\b"
)
DISTILL = words(
    "clone_the_model distill* harvest_~responses imitat* knowledge_transfer mimic* model_extraction scrape_~outputs",
    "student_model* teacher_for teacher_of",
)
SHOWN = words(
    "based_on built_on built_with created_using created_with developed_with driven_by improved_using is_used",
    "licensed_by made_with powered_by runs_on talking_to",
)
NAMES = words(
    "state_that",
    "acknowledg* acknowledge* acknowledgement* acknowledgment* attribution badge badges banner brand branding byline",
    "call called citation cite cites credit credited credits credits_roll disclose* engine hyperlink label labeled",
    "labelled line link logo logos mark marked mention mentions name named names phrase prefix reference signage",
    "slogan suffix text_reading title titles trade_name trademark* watermark* word words",
)
PUBLIC = words(
    "about_box advertis* app application applications articles audience begin beginning begins blog*",
    "checkpoint checkpoints customers derivative derivatives derived documentation",
    "films fine_tune* first footer header image images interface listing marketing model models next_to",
    "output packaging page paper papers places presentation* press product products prominent*",
    "publication publications reader report reports screen service services splash start starts store",
    "terms_of_sale title titles users viewers visible visibly web_site website wherever",
)
SHOWS = words(
    "accompany* acknowledge* add appear* attach* bear* begin* call* carries carry caused_to_appear cite* contain*",
    "contains credit* disclose* display* embed* feature* followed give have include* indicate* keep label* link*",
    "mark* mention* name named place* placed preface* print* put render* reproduce retain* say* show* shown start*",
    "state* tell use visible",
)
COPYRIGHT = regex(
    r"\bcopyright\b|\bpatent\b|\b(?:license|disclaimer|warranty|permission|attribution|modification|this) notices?\b"
    r"|\bnotices? (?:that|of|stating|in|file)\b|\bnames? of (?:the )?(?:copyright|contributors?|authors?|licensors?)\b"
    r"|\bcopy of (?:this|the) (?:license|agreement|document)\b|\bchanged? (?:the )?files?\b|\bendorse\w*|\bpromote\b"
    r"|\bnames? [^;]{0,80}\bnot be used\b[^;]*|\breasonable and customary\b|\bend user documentation\b"
    r"|\breserved (?:font )?names?\b|\bany name\b"
    r"|\battribution statements?\b|\bversions? (?:number|of (?:this|the) (?:license|agreement|terms))\b"
)
RESTRICT = words(
    "block* brick change_what_the_model cripple curtail* cut_off deactivat* degrade disable* filters freeze",
    "impose_~condition* impose_~limit* impose_~restriction* inoperable interrupt introduce_~filters",
    "invalidate_~key kill_switch limit limits lock",
    "prevent_~running pull_the_plug rate_limit* recall_~copies reduce_~functions refuse_to_run",
    "remotely_terminate restrict* revoke_~access revoke_~key* revokes_~access shut_~down shut_~off stop_the_model",
    "stop_your_use suspend* switch_~off take_~down take_~offline terminate_~remotely throttle* turn_~off unusable",
    "withdraw_access withhold",
)
AT_HAND = words(
    "access calls checkpoint copy deployment deployments features functions installation instance instances it keys",
    "materials model service software them usage use weights works you",
)
MAY = words(
    "able_to at_any_time can could entitled_to free_to from_time_to_time has_the_power is_allowed_to",
    "keep_the_right liberty may might power_to remotely reserve* retains_the_right right_to",
    "technical_means will",
)
UPDATES = words(
    "corrected current_release current_version each_new earlier_version* fixes hotfix* latest",
    "most_recent new_one new_ones new_release* new_version* newer_version* newest",
    "old_version* old_weights older_version* outdated patched patches previous_version* recalled recent_version",
    "replacement superseded update updates updating upgrade upgrades upgrading version_we_withdraw withdraw_it",
)
VERSION = words(
    "checkpoint checkpoints copies copy it model one ones patches release releases software update updates upgrade*",
    "version versions weights",
)
REMOTELY = regex(
    r"\bremotely (?:or otherwise )?(?:restrict|disable|suspend|limit|revoke|block|deactivat|throttl|updat|terminat)\w*"
    r"|\b(?:restrict|disabl|suspend|limit|block|deactivat|throttl|switch\w* off|updat|terminat|control)\w*\b[^;]{0,60}"
    r"\b(?:remotely|at a distance|over the (?:network|internet|air)|through electronic means"
    r"|by technical (?:measures|means))"
    r"|\blicense server\b|\bkill switch\b|\bphones? home\b|\bfrom afar\b|\bonline activation\b|\bactivation server\b"
    r"|\bkey expires\b|\bthrough our server\b|\blater update\b|\bno longer be run\b|\bthrough updates\b"
    r"|\bby (?:means of )?(?:an )?updates?\b"
    r"|\belectronic means\b"
)
GRANT = words(
    "access agreement all_use authorisation authority authorization consent contract entitlement everything_granted",
    "grant grants it license licenses licensing permission permissions right rights sublicense terms your_use",
)
ENDS = words(
    "revert revert_to period_of_~years period_of_~months remain_in_effect_for term_of_~years",
    "annul* breach_~ends call_back cancel canceled cancellation cancelled cancels cease cease_all_use ceases",
    "come_to_an_end comes_to_an_end discontinu* dissol* end end_at_will ended ending ends expiration expire expired",
    "expires expiry extinguish* fall_away falls_away forfeit* forfeiture give_notice good_until in_force_only",
    "in_force_until invalid_if invalidate* lapse lapses lasts_for lasts_until lose loses lost no_longer_valid",
    "null_and_void nullif* over put_an_end puts_an_end recall recalled rescind* resil* revocable revocation revoke",
    "revoked revokes runs_for runs_until stop_all_use stop_licensing suspend_~rights suspended take_back take_~back",
    "taken_back temporary terminable terminate terminated terminates termination until_further_notice valid_for",
    "valid_until void voids withdraw withdrawal withdrawn withdraws",
)
LASTING = regex(
    r"\bsurviv\w+|\breinstat\w+|\birrevocabl[ey]\b|\bperpetual\b|\buntil terminated\b|\bterms and termination\b"
    r"|\bterm and termination\b|\bover (?:the|an?|\d\w*)\b|\bend (?:users?|product)\b|\bend of (?:the|a|each|terms"
    r"|file|life)\b|\bin the end\b|\bto that end\b"
    r"|\b(?:term|date) of (?:this )?copyright\b|\blost (?:profits?|data|revenue)\b|\bvoid of\b"
    r"|\bover the\b|\bcontrol over\b|\bownership over\b"
)
POLICY = words(
    "trustworthy_ai ai_terms",
    "acceptable_behavio* acceptable_usage acceptable_use* ai_policy ai_principles attachment_a aup banned_use*",
    "charter code_of_conduct code_of_ethics community_guideline* community_polic* community_standard* conduct_rules",
    "content_guideline* content_polic* content_standard* disallowed_use* ethical_guideline*",
    "ethical_use ethics_code ethics_guideline* ethics_polic* forbidden_practice*",
    "forbidden_purpose* forbidden_use* guidelines_for_use house_rules limitations_on_use limits_of_use",
    "list_of_forbidden list_of_prohibited list_of_~uses model_usage platform_rules policy.md policy_document",
    "policy_on_use principles_for prohibited_activit* prohibited_conduct prohibited_practice* prohibited_purpose*",
    "prohibited_use* responsible_ai* responsible_deployment responsible_use* restricted_activit* restricted_use*",
    "rules_for_use rules_of_use rules_on_use safe_use safety_guideline* safety_polic* standards_for",
    "trust_and_safety usage_guide usage_guideline* usage_limitation* usage_policies usage_policy",
    "usage_restriction* usage_rules use_based_restriction* use_code use_conditions use_guide use_guideline*",
    "use_limitation* use_policies use_policy use_restriction* use_rules uses_not_permitted uses_that_are_forbidden",
    "uses_that_are_not_allowed uses_that_are_prohibited",
)
ANNEX = regex(
    r"\b(?:attachment|annex|appendix|exhibit|schedule)(?: [a-z0-9]{1,3})?\b[^;]{0,60}\b(?:uses|purposes|restrictions"
    r"|prohibit\w+|forbid\w*|forbidden)\b"
    r"|\b(?:uses?|purposes?) (?:\w+ ){0,2}?(?:listed|set out|set forth|described|named"
    r"|enumerated) in (?:\w+ ){0,2}?(?:attachment"
    r"|annex|appendix|exhibit|schedule)\b"
    r"|\b(?:uses|purposes|restrictions|prohibit\w+|forbidden)\b[^;]{0,60}\b(?:attachment|annex|appendix|exhibit"
    r"|schedule)\b"
)
INDEMNIFIES = words(
    "hold_~harmless holding_~harmless holds_~harmless indemnif* indemnities indemnity keep_~harmless save_~harmless",
)
PAYS = words(
    "absorb* accountable answer answerable answers are_yours assume assumes at_its_expense at_its_own_cost",
    "at_your_cost at_your_expense at_your_own_expense bear bears because_of_you compensate* cover covers defend",
    "defends discharge exempt exempts fall_on falls_on foot_the_bill is_yours keep_~free keep_~safe keeps_~free",
    "liable make_good make_up make_whole make_~whole makes_good meet meets pay pays protect protects recourse refund",
    "refund* reimburse* release releases relieve* repay* responsible safe_from settle settles shoulder* stand_in",
    "stands_in step_in take_on take_over takes_on takes_over takes_~over waives_recourse you_pay your_account",
    "yours_to_bear",
)
CLAIMS = words(
    "action attorney* bill claim claims consequences cost costs court damage damages demand demands expense expenses",
    "fines harm harmless judgment* lawsuit lawsuits legal_bills legal_fees liabilit* litigation loss",
    "losses penalties penalty proceeding proceedings recourse settlement* sued sues suit suits sums third_parties",
    "third_party",
)
