using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>The one way in which the wire records become JSON, on both sides.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Page<Alert>))]
[JsonSerializable(typeof(Page<Incident>))]
[JsonSerializable(typeof(Page<PageView>))]
[JsonSerializable(typeof(Page<EventView>))]
[JsonSerializable(typeof(Page<OnCallView>))]
[JsonSerializable(typeof(Page<DeliveryView>))]
[JsonSerializable(typeof(Page<SourceView>))]
[JsonSerializable(typeof(Page<SilenceView>))]
[JsonSerializable(typeof(Page<DeadJobView>))]
[JsonSerializable(typeof(Page<KeyView>))]
[JsonSerializable(typeof(SessionToken))]
[JsonSerializable(typeof(AccountUser))]
[JsonSerializable(typeof(LoggedOut))]
[JsonSerializable(typeof(AccountOverview))]
[JsonSerializable(typeof(MeView))]
[JsonSerializable(typeof(Page<SessionView>))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(NewKeyView))]
[JsonSerializable(typeof(IncidentDetail))]
[JsonSerializable(typeof(SilenceRequest))]
[JsonSerializable(typeof(SilencePreview))]
[JsonSerializable(typeof(SnoozeRequest))]
[JsonSerializable(typeof(NoteRequest))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(EstatePlan))]
[JsonSerializable(typeof(ContactAnswer))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(IngestAnswer))]
[JsonSerializable(typeof(Problem))]
public sealed partial class WireJson : JsonSerializerContext;
