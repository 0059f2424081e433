"""The names of OPC UA's status codes (part 6, A.2), as people write them: BadSensorFailure.

They say how good a value is on every wire, so they are known without anything of OPC UA.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from simulator.core.errors import nearest

NAMES = frozenset(
    (
        "Bad", "BadAggregateConfigurationRejected", "BadAggregateInvalidInputs",
        "BadAggregateListMismatch", "BadAggregateNotSupported", "BadAlreadyExists",
        "BadApplicationSignatureInvalid", "BadArgumentsMissing", "BadAttributeIdInvalid",
        "BadBoundNotFound", "BadBoundNotSupported", "BadBrowseDirectionInvalid",
        "BadBrowseNameDuplicated", "BadBrowseNameInvalid", "BadCertificateChainIncomplete",
        "BadCertificateHostNameInvalid", "BadCertificateInvalid",
        "BadCertificateIssuerRevocationUnknown", "BadCertificateIssuerRevoked",
        "BadCertificateIssuerTimeInvalid", "BadCertificateIssuerUseNotAllowed",
        "BadCertificatePolicyCheckFailed", "BadCertificateRevocationUnknown",
        "BadCertificateRevoked", "BadCertificateTimeInvalid", "BadCertificateUntrusted",
        "BadCertificateUriInvalid", "BadCertificateUseNotAllowed", "BadCommunicationError",
        "BadConditionAlreadyDisabled", "BadConditionAlreadyEnabled",
        "BadConditionAlreadyShelved", "BadConditionBranchAlreadyAcked",
        "BadConditionBranchAlreadyConfirmed", "BadConditionDisabled", "BadConditionNotShelved",
        "BadConfigurationError", "BadConnectionClosed", "BadConnectionRejected",
        "BadContentFilterInvalid", "BadContinuationPointInvalid", "BadDataEncodingInvalid",
        "BadDataEncodingUnsupported", "BadDataLost", "BadDataSetIdInvalid",
        "BadDataTypeIdUnknown", "BadDataUnavailable", "BadDeadbandFilterInvalid",
        "BadDecodingError", "BadDependentValueChanged", "BadDeviceFailure",
        "BadDialogNotActive", "BadDialogResponseInvalid", "BadDisconnect",
        "BadDiscoveryUrlMissing", "BadDominantValueChanged", "BadDuplicateReferenceNotAllowed",
        "BadEdited_OutOfRange", "BadEdited_OutOfRange_DominantValueChanged",
        "BadEdited_OutOfRange_DominantValueChanged_DependentValueChanged", "BadEncodingError",
        "BadEncodingLimitsExceeded", "BadEndOfStream", "BadEntryExists",
        "BadEventFilterInvalid", "BadEventIdUnknown", "BadEventNotAcknowledgeable",
        "BadExpectedStreamToBlock", "BadFilterElementInvalid", "BadFilterLiteralInvalid",
        "BadFilterNotAllowed", "BadFilterOperandCountMismatch", "BadFilterOperandInvalid",
        "BadFilterOperatorInvalid", "BadFilterOperatorUnsupported",
        "BadHistoryOperationInvalid", "BadHistoryOperationUnsupported",
        "BadIdentityChangeNotSupported", "BadIdentityTokenInvalid", "BadIdentityTokenRejected",
        "BadIndexRangeDataMismatch", "BadIndexRangeInvalid", "BadIndexRangeNoData",
        "BadInitialValue_OutOfRange", "BadInsufficientClientProfile", "BadInternalError",
        "BadInvalidArgument", "BadInvalidSelfReference", "BadInvalidState",
        "BadInvalidTimestamp", "BadInvalidTimestampArgument", "BadLicenseExpired",
        "BadLicenseLimitsExceeded", "BadLicenseNotAvailable", "BadLocaleNotSupported",
        "BadLocked", "BadMaxAgeInvalid", "BadMaxConnectionsReached", "BadMessageNotAvailable",
        "BadMethodInvalid", "BadMonitoredItemFilterInvalid",
        "BadMonitoredItemFilterUnsupported", "BadMonitoredItemIdInvalid",
        "BadMonitoringModeInvalid", "BadNoCommunication", "BadNoContinuationPoints",
        "BadNoData", "BadNoDataAvailable", "BadNoDeleteRights", "BadNoEntryExists",
        "BadNoMatch", "BadNoSubscription", "BadNoValidCertificates", "BadNoValue",
        "BadNodeAttributesInvalid", "BadNodeClassInvalid", "BadNodeIdExists",
        "BadNodeIdInvalid", "BadNodeIdRejected", "BadNodeIdUnknown", "BadNodeNotInView",
        "BadNonceInvalid", "BadNotConnected", "BadNotExecutable", "BadNotFound",
        "BadNotImplemented", "BadNotReadable", "BadNotSupported", "BadNotTypeDefinition",
        "BadNotWritable", "BadNothingToDo", "BadNumericOverflow", "BadObjectDeleted",
        "BadOperationAbandoned", "BadOutOfMemory", "BadOutOfRange",
        "BadOutOfRange_DominantValueChanged",
        "BadOutOfRange_DominantValueChanged_DependentValueChanged", "BadOutOfService",
        "BadParentNodeIdInvalid", "BadProtocolVersionUnsupported", "BadQueryTooComplex",
        "BadReferenceLocalOnly", "BadReferenceNotAllowed", "BadReferenceTypeIdInvalid",
        "BadRefreshInProgress", "BadRequestCancelledByClient", "BadRequestCancelledByRequest",
        "BadRequestHeaderInvalid", "BadRequestInterrupted", "BadRequestNotAllowed",
        "BadRequestNotComplete", "BadRequestTimeout", "BadRequestTooLarge",
        "BadRequestTypeInvalid", "BadRequiresLock", "BadResourceUnavailable",
        "BadResponseTooLarge", "BadSecureChannelClosed", "BadSecureChannelIdInvalid",
        "BadSecureChannelTokenUnknown", "BadSecurityChecksFailed",
        "BadSecurityModeInsufficient", "BadSecurityModeRejected", "BadSecurityPolicyRejected",
        "BadSemaphoreFileMissing", "BadSensorFailure", "BadSequenceNumberInvalid",
        "BadSequenceNumberUnknown", "BadServerHalted", "BadServerIndexInvalid",
        "BadServerNameMissing", "BadServerNotConnected", "BadServerTooBusy",
        "BadServerUriInvalid", "BadServiceUnsupported", "BadSessionClosed",
        "BadSessionIdInvalid", "BadSessionNotActivated", "BadShelvingTimeOutOfRange",
        "BadShutdown", "BadSourceNodeIdInvalid", "BadStateNotActive", "BadStructureMissing",
        "BadSubscriptionIdInvalid", "BadSyntaxError", "BadTargetNodeIdInvalid",
        "BadTcpEndpointUrlInvalid", "BadTcpInternalError", "BadTcpMessageTooLarge",
        "BadTcpMessageTypeInvalid", "BadTcpNotEnoughResources", "BadTcpSecureChannelUnknown",
        "BadTcpServerTooBusy", "BadTicketInvalid", "BadTicketRequired", "BadTimeout",
        "BadTimestampNotSupported", "BadTimestampsToReturnInvalid", "BadTooManyArguments",
        "BadTooManyMatches", "BadTooManyMonitoredItems", "BadTooManyOperations",
        "BadTooManyPublishRequests", "BadTooManySessions", "BadTooManySubscriptions",
        "BadTransactionFailed", "BadTransactionPending", "BadTypeDefinitionInvalid",
        "BadTypeMismatch", "BadUnexpectedError", "BadUnknownResponse", "BadUserAccessDenied",
        "BadUserSignatureInvalid", "BadViewIdUnknown", "BadViewParameterMismatch",
        "BadViewTimestampInvalid", "BadViewVersionInvalid", "BadWaitingForInitialData",
        "BadWaitingForResponse", "BadWouldBlock", "BadWriteNotSupported", "Good",
        "GoodCallAgain", "GoodCascade", "GoodCascadeInitializationAcknowledged",
        "GoodCascadeInitializationRequest", "GoodCascadeNotInvited", "GoodCascadeNotSelected",
        "GoodClamped", "GoodCommunicationEvent", "GoodCompletesAsynchronously",
        "GoodDataIgnored", "GoodDependentValueChanged", "GoodEdited",
        "GoodEdited_DependentValueChanged", "GoodEdited_DominantValueChanged",
        "GoodEdited_DominantValueChanged_DependentValueChanged", "GoodEntryInserted",
        "GoodEntryReplaced", "GoodFaultStateActive", "GoodInitiateFaultState",
        "GoodLocalOverride", "GoodMoreData", "GoodNoData", "GoodNonCriticalTimeout",
        "GoodOverload", "GoodPasswordChangeRequired", "GoodPostActionFailed",
        "GoodResultsMayBeIncomplete", "GoodRetransmissionQueueNotSupported",
        "GoodShutdownEvent", "GoodSubNormal", "GoodSubscriptionTransferred", "Uncertain",
        "UncertainConfigurationError", "UncertainDataSubNormal",
        "UncertainDependentValueChanged", "UncertainDominantValueChanged",
        "UncertainEngineeringUnitsExceeded", "UncertainInitialValue",
        "UncertainLastUsableValue", "UncertainNoCommunicationLastUsableValue",
        "UncertainNotAllNodesAvailable", "UncertainOverRange", "UncertainReferenceNotDeleted",
        "UncertainReferenceOutOfServer", "UncertainSensorCalibration",
        "UncertainSensorNotAccurate", "UncertainSimulatedValue", "UncertainSubNormal",
        "UncertainSubstituteValue", "UncertainTransducerInManual", "UncertainUnderRange",
    )
)  # fmt: skip


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"no status code of OPC UA: {nearest(name, NAMES)}")
    return name


def _not_good(name: str) -> str:
    if name.startswith("Good"):
        raise ValueError("a status code that is Bad or Uncertain")
    return name


StatusName = Annotated[str, AfterValidator(_known)]
"""The name of any status code."""
NotGood = Annotated[StatusName, AfterValidator(_not_good)]
"""The name of one that is Bad or Uncertain."""
