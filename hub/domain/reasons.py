"""Why an application or a programme was refused: a closed table of codes with words in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from contracts.money import format_yuan

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # What the borrower asks for.
    "amount_too_small": ("金额低于最低 {limit} 元", "the amount is below the least of {limit} yuan"),
    "amount_too_large": ("金额高于最高 {limit} 元", "the amount is above the most of {limit} yuan"),
    "amount_off_step": ("金额须为 {limit} 元的整数倍", "the amount is not a multiple of {limit} yuan"),
    "term_not_offered": ("期限只提供 {limit} 个月", "the term is not one of {limit} months"),
    "method_not_offered": ("不支持该还款方式", "this repayment method is not offered"),
    "bullet_too_long": (
        "到期一次还本的贷款期限不得超过 {limit} 个月",
        "a loan repaid in one sum at the end runs at most {limit} months",
    ),
    "rate_too_low": ("年利率低于下限 {limit}", "the annual rate is below {limit}"),
    "rate_too_high": ("年利率高于上限 {limit}", "the annual rate is above {limit}"),
    "cost_above_cap": (
        "综合年化成本 {actual} 超过上限 {limit}",
        "the all-in annual cost of {actual} exceeds the cap of {limit}",
    ),
    "too_young": ("年龄未满 {limit} 周岁", "the borrower is younger than {limit}"),
    "too_old": ("年龄超过 {limit} 周岁", "the borrower is older than {limit}"),
    "region_unknown": ("地区代码不是六位行政区划代码", "the region is not a six-digit GB/T 2260 code"),
    "purpose_not_allowed": ("不支持该借款用途", "this purpose is not allowed for the product"),
    "consent_missing": ("缺少授权：{actual}", "the consent '{actual}' has not been given"),
    # What a programme takes.
    "not_effective": ("方案不在有效期内", "the programme version is not in effect on this day"),
    "product_not_funded": ("方案不支持该产品", "the programme does not fund this product"),
    "region_not_allowed": ("该地区不在受理范围", "the programme does not take this place of residence"),
    "region_denied": ("该地区不予受理", "the programme refuses this place of residence"),
    "identity_region_denied": (
        "身份证所在地 {actual} 不予受理",
        "a person of {actual} is not taken",
    ),
    "work_region_denied": ("工作地 {actual} 不予受理", "the place of work {actual} is not taken"),
    "occupation_not_taken": ("职业 {actual} 不在受理范围", "the occupation {actual} is not taken"),
    "customer_not_taken": (
        "客户类型 {actual} 不在受理范围（{limit}）",
        "a customer of kind {actual} is not taken, only {limit}",
    ),
    "card_bank_not_taken": ("银行卡发卡行 {actual} 不支持", "cards of the bank {actual} are not taken"),
    "tier_not_taken": ("信用等级 {actual} 不在受理范围", "the credit grade {actual} is not taken"),
    "collateral_not_taken": (
        "担保方式 {actual} 不支持（{limit}）",
        "a loan secured by {actual} is not taken, only {limit}",
    ),
    "document_missing": ("缺少材料：{actual}", "the document '{actual}' is missing"),
    "open_loans_too_many": (
        "在该合作方未结清借款 {actual} 笔，超过 {limit} 笔",
        "the person has {actual} open loans at the partner, at most {limit} are allowed",
    ),
    "declined_recently": (
        "该合作方 {actual} 天前拒绝过此人，{limit} 天内不再受理",
        "the partner declined the person {actual} days ago and takes none for {limit} days",
    ),
    "not_a_workday": ("{actual} 不是工作日", "{actual} is not a workday"),
    "calendar_not_known": (
        "{actual} 的节假日安排尚未核对（已核对至 {limit} 年）",
        "the holidays of {actual} have not been reviewed, only those through {limit}",
    ),
    "permission_not_valid": (
        "{limit} 在 {actual} 无有效期内的记录（金规〔2025〕9号）",
        "no {limit} is valid on {actual} (notice 9 of 2025)",
    ),
    "concentration_reached": (
        "合作余额将达 {actual} 元，超过上限 {limit} 元",
        "the joint balance would be {actual} yuan, above the most of {limit} yuan",
    ),
    "not_in_grey_release": ("不在灰度试验 {limit} 的范围内", "not among those of the trial {limit}"),
    "quota_rule_used": (
        "额度规则 {limit} 剩余 {actual}，不足",
        "the quota rule {limit} has {actual} left, not enough",
    ),
    "quota_rules_all_used": ("所有额度规则均已用尽", "no quota rule of the programme has room"),
    "closed_now": ("当前不在受理时段（{limit}）", "the programme takes applications only {limit}"),
    "margin_too_small": (
        "资金成本 {actual} 距客户利率不足 {limit}",
        "the funding cost of {actual} leaves less than {limit} below the customer's rate",
    ),
    "daily_quota_used": ("当日额度剩余 {limit} 元，不足", "only {limit} yuan of today's quota is left"),
    "monthly_quota_used": (
        "当月额度剩余 {limit} 元，不足",
        "only {limit} yuan of this month's quota is left",
    ),
    "total_quota_used": ("总额度剩余 {limit} 元，不足", "only {limit} yuan of the whole quota is left"),
    "rule_excludes": (
        "路由规则“{actual}”排除了该方案",
        "the routing rule '{actual}' leaves this programme out",
    ),
    # What the application has been through.
    "declined_before": ("该合作方此前已拒绝", "the partner has declined this application before"),
    "partner_suspended": (
        "该合作方已暂停（{actual}）",
        "the partner is suspended ({actual})",
    ),
    "no_agreement": ("没有适用于当日的合作协议版本", "no version of the agreement is in effect today"),
    "terms_not_active": ("{actual} 尚未由第二人启用", "{actual} has not been activated by a second person"),
    "tries_used": (
        "已尝试 {limit} 家合作方，不再继续",
        "it has been sent to {limit} partners, and goes to no more",
    ),
    "search_too_long": (
        "申请已超过 {limit} 天，不再换资金方",
        "the application is more than {limit} days old and goes to no further partner",
    ),
    "no_partner": ("暂无可用资金方", "no partner may fund this application now"),
    "failed_before": ("该合作方此前放款失败", "the partner has failed to disburse this application before"),
    # Allowed, but another goes first.
    "dearer": ("资金成本比所选方案高 {actual} 元", "dearer than the chosen programme by {actual} yuan"),
    "dearer_with_quota": (
        "计入稀缺额度的价值后比所选方案高 {actual} 元（资金成本相差 {limit} 元）",
        "with what its scarce quota is worth, dearer than the chosen programme by {actual} yuan"
        " (the money alone by {limit} yuan)",
    ),
    "later_in_order": (
        "成本相同，排序在后",
        "costs the same as the chosen programme and comes later in order",
    ),
}

CODES: Final = frozenset(_WORDS)
"""Every code there is."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a stable `code`, the `field` it is about, and words for people in Chinese and English."""

    code: str
    field: str
    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """The four texts, as stored with a decision."""
        return {"code": self.code, "field": self.field, "zh": self.zh, "en": self.en}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Reason:
        """The inverse of `to_json`; KeyError when a text is missing."""
        return cls(data["code"], data["field"], data["zh"], data["en"])


def because(code: str, field: str, *, limit: object = "", actual: object = "") -> Reason:
    """Return the reason with the words of its code; KeyError for a code that is not in the table."""
    zh, en = _WORDS[code]
    return Reason(code, field, zh.format(limit=limit, actual=actual), en.format(limit=limit, actual=actual))


def yuan(fen: int) -> str:
    """An amount of fen as people read it in a reason."""
    return format_yuan(fen)


def percent(rate: Decimal) -> str:
    """An annual fraction as people read it: 0.085 is "8.50%"; digits beyond two are kept."""
    scaled = (rate * 100).normalize()
    places = max(2, -int(scaled.as_tuple().exponent))
    return f"{scaled:.{places}f}%"
