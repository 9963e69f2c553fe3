using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Hosting;
using Tocsin.OnCall;
using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests;

/// <summary>Every page in the states that matter, from sample records: no database, no engine, only the components as they are served.</summary>
internal sealed class Gallery : IAsyncDisposable
{
    private static readonly Dictionary<string, Func<Frame, IResult>> s_stories = new(StringComparer.Ordinal)
    {
        ["inbox"] = f => Page<InboxPage, InboxModel>(f, Samples.Inbox),
        ["inbox-first"] = f => Page<InboxPage, InboxModel>(f with { Waiting = 0, OnCall = [] }, new()
        {
            View = "all",
            First = new("anything", """
                curl -H 'Content-Type: application/json' http://127.0.0.1:8080/in/generic/src_9fK2mQ7xY4bT1vN8 \
                  -d '{"title": "Hello from a shell", "severity": "high", "status": "firing"}'
                """),
        }),
        ["inbox-quiet"] = f => Page<InboxPage, InboxModel>(f with { Waiting = 0 },
            new() { View = "mine", Quiet = new(3, Samples.Now.AddSeconds(-12), Samples.Now.AddHours(-5)) }),
        ["inbox-nothing"] = f => Page<InboxPage, InboxModel>(f, new()
        {
            View = "all",
            Query = "severity=critical env!=prod checkout",
            Terms = ["severity=critical", "env!=prod", "checkout"],
            OpenInAll = 5,
            Nearest = new(Samples.Checkout, "env!=prod"),
        }),
        ["incident"] = f => Page<IncidentPage, IncidentModel>(f, new() { Detail = Samples.Detail }),
        ["incident-held"] = f => Page<IncidentPage, IncidentModel>(f with { Notice = "Acknowledged. Nobody else is paged." }, new()
        {
            Detail = Samples.Detail with { Incident = Samples.Checkout with { Status = "acknowledged", AcknowledgedBy = "user:ana", AcknowledgedAt = Samples.Now, Escalation = "stopped" } },
        }),
        ["incident-with-logs"] = f => Page<IncidentPage, IncidentModel>(f, new() { Detail = Samples.Detail, Telemetry = new("checkout", TelemetrySamples.Form.Window, TelemetrySamples.Templates.Templates) { Failed = TelemetrySamples.Traces.Traces, Named = [(new('a', 32), $"/traces/{new string('a', 32)}")] } }),
        ["incident-found"] = f => Page<IncidentPage, IncidentModel>(f, new() { Detail = Samples.Detail, Findings = new(TelemetrySamples.Findings, [], MayConfigure: true) }),
        ["incident-resolved"] = f => Page<IncidentPage, IncidentModel>(f, new() { Detail = Samples.Detail with { Incident = Samples.Resolved, Pages = [] } }),
        ["explain"] = f => Page<WhyPage, ExplainModel>(f,
            new() { Incident = Samples.Checkout, Explanation = Samples.Explanation, Pages = Samples.Pages, Started = Samples.Checkout.CreatedAt }),
        ["what-if"] = f => Page<WhyPage, ExplainModel>(f,
            new() { Labels = "service=checkout\nseverity=critical", At = "2026-11-23T03:00", Explanation = Samples.Explanation with { Recorded = false } }),
        ["action"] = f => Page<ActionPage, ActionModel>(f with { User = null }, new(Samples.Checkout, null, null, "once")),
        ["action-held"] = f => Page<ActionPage, ActionModel>(f, new(Samples.Queue with { AcknowledgedBy = "user:ana" }, "The note is in the timeline.", null, "once")),
        ["action-done"] = f => Page<ActionPage, ActionModel>(f, new(Samples.Resolved, null, null, "once")),
        ["action-dead"] = f => Page<DeadLinkPage, DeadLinkModel>(f, new(EndedAt: null)),
        ["action-ended"] = f => Page<DeadLinkPage, DeadLinkModel>(f, new(Samples.Now.AddHours(-3))),
        ["oncall"] = f => Page<OnCallPage, OnCallModel>(f, new(
        [
            new("payments-primary", "payments", "Europe/Berlin", ["ana"], "rotation weekly", Samples.Now.AddDays(3), ["bo"], Mine: true),
            new("platform", "platform", "UTC", ["chen"], "override until Fri 10:00", Samples.Now.AddHours(7), ["dee"], Mine: false),
            new("night-watch", null, "Australia/Lord_Howe", [], "no rotation covers this time", Samples.Now.AddHours(12), ["dee"], Mine: false),
        ])),
        ["schedules"] = f => Page<SchedulesPage, SchedulesModel>(f, new(
        [
            new("payments-primary", "payments", "Europe/Berlin", ["ana"], Samples.Now.AddDays(3), ["Ana, Bo and Chen take turns every week, Mon 09:00"], null),
            new("night-watch", null, "Australia/Lord_Howe", [], Samples.Now.AddHours(12), ["Dee, 22:00 to 06:00 on weekdays"], Samples.Now.AddHours(46)),
        ])),
        ["schedules-none"] = f => Page<SchedulesPage, SchedulesModel>(f, new([])),
        ["schedule"] = f => Page<SchedulePage, ScheduleModel>(f, Schedule()),
        ["schedule-new"] = f => Page<ScheduleEditPage, ScheduleEditModel>(f, new() { Form = new() { TimeZone = "Europe/Berlin" }, Teams = ["payments"], MayBeOfNoTeam = true }),
        ["schedule-edit"] = f => Page<ScheduleEditPage, ScheduleEditModel>(f, Edited() with { Focus = "r1-w0-from" }),
        ["schedule-edit-preview"] = f => Page<ScheduleEditPage, ScheduleEditModel>(f, Edited() with
        {
            Preview = new(
                Schedule().Timeline, "Mon 26 Oct 09:00 – Mon 2 Nov 09:00 and 25 times more until Mon 25 Oct: Bo Lindqvist instead of Ana Costa. Nobody else changes.",
                new(1, ["Wed 28 Oct 22:00 – Thu 29 Oct 06:00"]), new(52, ["Tue 27 Oct 12:00–13:00: Bo Lindqvist and Ana Costa"]), ["dee is disabled and is not paged."]),
        }),
        ["schedule-edit-faults"] = f => Page<ScheduleEditPage, ScheduleEditModel>(f, Edited() with
        { Faults = [new("zone", "\"Europe/Berln\" is not an IANA time zone such as Europe/Berlin (did you mean \"Europe/Berlin\"?)."), new("r1-count", "\"0w\" is not a turn such as 1w.")] }),
        ["schedule-edit-meanwhile"] = f => Page<ScheduleEditPage, ScheduleEditModel>(f, Edited() with { Meanwhile = ["rotations[weekly].users: [\"ana\",\"bo\"] -> [\"ana\",\"bo\",\"chen\"]"] }),
        ["schedule-fixed"] = f => Page<ScheduleFixedPage, ScheduleFixedModel>(f, new("payments-primary", "payments", "payments/oncall.yaml:12", [new("weekly", "Ana, Bo and Chen take turns every week, hand-off Mon 09:00")])),
        ["policies"] = f => Page<PoliciesPage, PoliciesModel>(f, new(
        [
            new()
            {
                Name = "payments",
                Steps =
                [
                    new(1, "at once", "15 min", [new("schedule", "payments-primary", "/schedules/payments-primary", ["ana"], "schedule payments-primary: rotation weekly", Samples.Now.AddDays(3), ["bo"])], null, null, "5 min"),
                    new(2, "after 5 min", "20 min", [new("user", "bo", "/users", ["bo"], "user bo", null, []), new("channel", "ops", "/channels", ["ops"], "channel ops", null, [])],
                        "high urgency, mon-fri 09:00-18:00 (Europe/Berlin)", "it is not mon-fri 09:00-18:00 (Europe/Berlin) now", "10 min"),
                ],
                Bars = [new(0, 8, 1, "0", "at once: step 1"), new(8, 24, 2, "5 min", "after 5 min: step 2"), new(24, 32, 1, "15 min", "after 15 min: step 1, round 2"), new(32, 48, 2, "20 min", "after 20 min: step 2, round 2")],
                Ends = [new("after 15 min", "Once more from the start."), new("after 30 min", "Nobody answered: the administrators are told, again and again.")],
                Routes = ["root", "payments-critical"],
                Services = ["checkout", "refunds"],
            },
            new()
            {
                Name = "night",
                Steps = [new(1, "at once", null, [new("one of team", "night", "/teams#t-night", [], "team night has no members", null, [])], null, null, null)],
                Ends = [new("at once", "Nobody answered: the administrators are told, again and again."), new("30 min after an acknowledgement", "Whoever has it is reminded when nothing happened; then it begins again.")],
            },
        ])),
        ["policies-none"] = f => Page<PoliciesPage, PoliciesModel>(f, new([])),
        ["override"] = f => Page<OverridePage, OverrideModel>(f, new()
        {
            Schedule = "payments-primary",
            TimeZone = "Europe/Berlin",
            User = "bo",
            From = "2026-10-23T18:00",
            To = "2026-10-23T22:00",
            People = ["ana", "bo", "chen"],
            OnCall = ["ana", "dee"],
            Sentence = "Fri 23 Oct 18:00–22:00: Bo instead of Ana. Nobody else changes.",
        }),
        ["override-refused"] = f => Page<OverridePage, OverrideModel>(f, new()
        { Schedule = "payments-primary", TimeZone = "Europe/Lisbon", User = "ana", People = ["ana"], OnlySelf = true, Fault = "It must end after it begins." }),
        ["services"] = f => Page<ServicesPage, ServicesModel>(f, new(
        [
            new("checkout", "Takes the money", "payments", "payments", 2, "critical", ["ana"])
            {
                Figures = new(
                    new() { Name = "checkout", LastSeenAt = Samples.Now.AddSeconds(-4), LogsPerMinute = 412.6, ErrorsPerMinute = 48, CpuPercent = 71.25, MemoryPercent = 64, LatencyMs = 812.4, ErrorRate = .1213, Throughput = 1240 },
                    [.. Enumerable.Range(0, 30).Select(i => 40.0 + (i > 24 ? 30 : i % 4))]),
            },
            new("mail-out-of-the-old-data-centre-in-frankfurt", null, null, null, 0, null, []) { IsDeclared = false, Figures = new(new() { Name = "mail", LastSeenAt = Samples.Now.AddHours(-3) }, []) },
            new("orders", null, "payments", null, 1, "high", ["ana"]),
            new("search", null, "platform", "platform", 0, null, ["chen"]),
        ])),
        ["service"] = f => Page<ServicePage, ServiceModel>(f, new()
        {
            Name = "checkout",
            Description = "Takes the money",
            Team = "payments",
            Policy = new("payments", [new("at once", "schedule payments-primary", ["ana"]), new("after 5 min", "team night", [])], "Then nobody else."),
            Open = [Samples.Checkout],
            Ended = [Samples.Resolved],
        }),
        ["live"] = f => Page<LivePage, LiveModel>(f, new() { Items = Samples.Lines, Form = new(Match: "env=prod") }),
        ["live-empty"] = f => Page<LivePage, LiveModel>(f, new()),
        ["live-fault"] = f => Page<LivePage, LiveModel>(f, new() { Form = new(Kind: "incident.*", Level: "warn", Match: "env=~("), Fault = "env=~( is not a matcher: the expression is not closed." }),
        ["traces"] = f => Page<TracesPage, TracesModel>(f, TelemetrySamples.Traces),
        ["traces-none"] = f => Page<TracesPage, TracesModel>(f, new(new(TelemetrySamples.Form.Window))),
        ["traces-fault"] = f => Page<TracesPage, TracesModel>(f, new(new(TelemetrySamples.Form.Window) { LongerThan = "long", Service = "checkout", Operation = "POST /pay", Errors = true, Order = "slowest" })
        {
            Fault = Tocsin.Error.Invalid("longer_than", "Write how long, such as 250ms, 1.5s or 2m."),
            Services = ["checkout"],
        }),
        ["trace"] = f => Page<TracePage, TraceModel>(f, TelemetrySamples.OneTrace),
        ["trace-large"] = f => Page<TracePage, TraceModel>(f, TelemetrySamples.LargeTrace),
        ["trace-lines"] = f => Page<TracePage, TraceModel>(f, TelemetrySamples.LinesOnly),
        ["logs"] = f => Page<LogsPage, LogsModel>(f, TelemetrySamples.Logs),
        ["logs-narrowed"] = f => Page<LogsPage, LogsModel>(f, TelemetrySamples.Logs with
        {
            Form = TelemetrySamples.Logs.Form with { Window = TimeWindow.Between(Samples.Now.AddHours(-9), Samples.Now), Service = "checkout", Environment = "production", Trace = new('a', 32), Template = 7, Level = "error", Q = "\"card declined\" -test" },
            Pattern = "payment <*> of order <*> was declined by <*>",
            SearchedBackTo = Samples.Now.AddHours(-3),
        }),
        ["logs-first"] = f => Page<LogsPage, LogsModel>(f, new(TelemetrySamples.Form) { First = TelemetrySamples.Curl }),
        ["logs-none"] = f => Page<LogsPage, LogsModel>(f, new(TelemetrySamples.Form with { Q = "tokeniser" })),
        ["logs-fault"] = f => Page<LogsPage, LogsModel>(f, new(TelemetrySamples.Form with { Q = "\"open" }) { Fault = Tocsin.Error.Invalid("q", "The phrase that begins with \"open has no end: write another quotation mark.") }),
        ["logs-wrong-time"] = f => Page<LogsPage, LogsModel>(f, new(TelemetrySamples.Form) { Fault = Tocsin.Error.Invalid("from", "Write a time such as 2026-11-21 14:00.") }),
        ["log-context"] = f => Page<LogContextPage, LogContextModel>(f, new("b", TelemetrySamples.Lines, "https://pager.acme.example/logs/context?id=b") { Each = 20 }),
        ["templates"] = f => Page<TemplatesPage, TemplatesModel>(f, TelemetrySamples.Templates),
        ["templates-none"] = f => Page<TemplatesPage, TemplatesModel>(f, new(TelemetrySamples.Form)),
        ["detectors"] = f => Page<DetectorsPage, DetectorsModel>(f, TelemetrySamples.Detectors),
        ["detectors-quiet"] = f => Page<DetectorsPage, DetectorsModel>(f, new(TelemetrySamples.Detectors.Detectors with { LookedAt = null, Skipped = [] }, [], [], false)),
        ["detector"] = f => Page<DetectorPage, DetectorModel>(f, TelemetrySamples.Detector),
        ["detector-edit"] = f => Page<DetectorEditPage, DetectorEditModel>(f, TelemetrySamples.DetectorEdit),
        ["detector-new"] = f => Page<DetectorEditPage, DetectorEditModel>(f, new() { Draft = new("slo") { Name = "checkout-slo" }, Says = "A service level objective loses its budget too fast", Services = ["checkout"] }),
        ["detector-kinds"] = f => Page<DetectorKindsPage, DetectorKindsModel>(f, new([.. TelemetrySamples.Detectors.Detectors.Items.Select(d => (d.Id, d.Says))])),
        ["detector-fixed"] = f => Page<DetectorFixedPage, DetectorFixedModel>(f, new("checkout-errors", "error-burst", "detectors/payments.yaml:4", TelemetrySamples.Rules[0].Says, "detectors:\n  - name: checkout-errors\n    type: error-burst")),
        ["detector-fault"] = f => Page<DetectorPage, DetectorModel>(f, TelemetrySamples.Detector with { Rules = [], History = [], Older = null, Outlook = null, Fault = Tocsin.Error.Invalid("settings", "sensitivity: \"loud\" is not a sensitivity: low, normal or high.") }),
        ["metrics"] = f => Page<MetricsPage, MetricsModel>(f, TelemetrySamples.Metrics),
        ["metrics-names"] = f => Page<MetricsPage, MetricsModel>(f, TelemetrySamples.Metrics with { Form = new(TelemetrySamples.Form.Window), Charts = [], Empty = [], LeftOut = 0 }),
        ["metrics-first"] = f => Page<MetricsPage, MetricsModel>(f, new(new(TelemetrySamples.Form.Window)) { First = TelemetrySamples.Curl }),
        ["metrics-fault"] = f => Page<MetricsPage, MetricsModel>(f, TelemetrySamples.Metrics with { Fault = Tocsin.Error.Invalid("tags", "At 6: a value belongs here."), Typed = new("max", "cpu_percent") { Tags = "host=~" } }),
        ["routing"] = f => Page<RoutingPage, RoutingModel>(f, new(
            new("root", [], ["policy payments", "groups by alertname, service", "group interval 1 min"], false,
            [
                new("information", ["severity=\"info\""], ["pages nobody"], false, []),
                new("payments-critical", ["service=~\"checkout|payments\"", "severity=\"critical\""], ["policy payments", "high urgency"], true,
                    [new("night", ["env=\"prod\""], ["policy night"], false, [])]),
            ]),
            [new("payments", [new("at once", "schedule payments-primary", ["ana"]), new("after 5 min", "user bo and channel ops", ["bo"]), new("after 15 min", "team night", [])],
                "Then once more from the start. If nobody answers, the administrators are told.")])),
        ["silences"] = f => Page<SilencesPage, SilencesModel>(f, new()
        {
            Silences =
            [
                new("a1", ["service=\"db\"", "severity!=\"critical\""], Samples.Now.AddHours(-1), Samples.Now.AddHours(2), "user:bo", "Nightly import, known to fill the disk", "active"),
                new("a2", ["host=~\"db-.*\""], Samples.Now.AddDays(1), Samples.Now.AddDays(1).AddHours(4), "user:ana", "Move to the new rack", "pending"),
            ],
            Form = new("service=\"checkout\"", "2h", "deploy"),
            Preview = new(13, [Samples.Alert(1, "HighErrorRate checkout-7d9f4b6c8-x2x1q", "firing")], [1042]),
            MutesAll = true,
        }),
        ["reports"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.Response),
        ["reports-new"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.New),
        ["reports-fault"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.Fault),
        ["reports-people"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.People),
        ["reports-fairness"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.Fairness),
        ["reports-fairness-none"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.FairnessNone),
        ["reports-noise"] = f => Page<ReportsPage, ReportsModel>(f, ReportSamples.Noise),
        ["sources"] = f => Page<SourcesPage, SourcesModel>(f, new(
            [Samples.Source("grafana", Samples.Now.AddSeconds(-12), 1), Samples.Source("anything", null)],
            [new("grafana", "Grafana Alerting", "https://grafana.com/docs/", "- {name: grafana, type: grafana, key: \"${env:GRAFANA_KEY}\"}"),
             new("alertmanager", "Prometheus Alertmanager", "https://prometheus.io/docs/", "- {name: prometheus, type: alertmanager, key: \"${env:AM_KEY}\"}")], "")),
        ["source-waiting"] = f => Page<SourcePage, SourceModel>(f, new()
        { Source = Samples.Source("grafana", null), KindName = "Grafana Alerting", Docs = "https://grafana.com/docs/", Example = "{\n  \"status\": \"firing\"\n}" }),
        ["source"] = f => Page<SourcePage, SourceModel>(f, new()
        {
            Source = Samples.Source("grafana", Samples.Now.AddSeconds(-12), 1),
            KindName = "Grafana Alerting",
            Docs = "https://grafana.com/docs/",
            Example = "{}",
            Deliveries = Samples.Deliveries,
            Open = Samples.Deliveries[3],
        }),
        ["rejected"] = f => Page<RejectedPage, RejectedModel>(f, new(Samples.Deliveries, "b3BlbmVk", Samples.Deliveries[3])),
        ["rejected-none"] = f => Page<RejectedPage, RejectedModel>(f, new([], null, null)),
        ["channels"] = f => Page<ChannelsPage, ChannelsModel>(f, new(
        [
            new("ops", "slack", [new("url", "set, ends …a1b2", true)], new(false, "Slack answered 404: no_service", Samples.Now)),
            new("status", "webhook", [new("url", "https://status.acme.example/hook", false), new("secret", "set, ends …aLaSw", true)], new(true, "204 No Content in 41 ms", Samples.Now)),
        ])),
        ["teams"] = f => Page<TeamsPage, TeamsModel>(f, new([new("payments", ["ana", "bo"], [("payments-primary", ["ana"]), ("night-watch", [])], ["checkout"]), new("data", [], [], [])])),
        ["teams-none"] = f => Page<TeamsPage, TeamsModel>(f, new([])),
        ["demo"] = f => Page<TeamsPage, TeamsModel>(f with { Demo = true, DemoPhones = "http://127.0.0.1:9/" }, new([])),
        ["users-none"] = f => Page<UsersPage, UsersModel>(f, new([], 0)),
        ["users"] = f => Page<UsersPage, UsersModel>(f, new([Samples.Ana, Samples.Bo], 3)),
        ["test"] = f => Page<TestPage, TestModel>(f, new("phone", Samples.Now.AddMinutes(-3), null, null)),
        ["test-answered"] = f => Page<TestPage, TestModel>(f, new("phone", Samples.Now.AddMinutes(-3), Samples.Now.AddMinutes(-1), null)),
        ["audit"] = f => Page<AuditPage, AuditModel>(f, new()
        {
            Items =
            [
                Samples.Entry(1204, "user:ana", "incident.acknowledged", "incident/1042", "ok", "acknowledged by ana"),
                Samples.Entry(1203, "anonymous", "login.failed", "login/ana@acme.example", "refused", "a wrong password, or an unknown address (1200 times from 09:00:01 to 09:01:00 UTC)"),
                Samples.Entry(1202, "key:ci", "contact.test_failed", "channel/ops", "failed", "Slack answered 404: no_service"),
                Samples.Entry(1201, "files", "estate.applied", "estate", "ok", "revision 7: 2 to change"),
            ],
            Head = Samples.Entry(1204, "user:ana", "incident.acknowledged", "incident/1042", "ok", "acknowledged by ana"),
            Form = new(Result: "refused"),
            Older = "/audit?before=x",
            HasInstallation = true,
        }),
        ["audit-none"] = f => Page<AuditPage, AuditModel>(f, new() { Form = new(Since: "2026-13-45"), Fault = "Write a day as 2026-11-21." }),
        ["members"] = f => Page<MembersPage, MembersModel>(f, new()
        {
            Members =
            [
                new("11111111-2222-8333-8444-555555555555", "ana", "ana@acme.example", "owner", Samples.Now.AddDays(-90), Samples.Now.AddMinutes(-2), true, true, true, true),
                new("11111111-2222-8333-8444-666666666666", "bartholomew-featherstonehaugh", "bartholomew.featherstonehaugh@subsidiary.acme.example", "responder", Samples.Now.AddDays(-2), null, false, true, false, false),
            ],
            Invitations = [new(4, "chen.of-the-night-watch@acme.example", "admin", "user:ana", Samples.Now.AddDays(6))],
            Roles = ["viewer", "responder", "admin", "owner"],
            Unclaimed = ["bo", "chen"],
            Link = new("Hand this link over to chen@acme.example; it works once, within a week:", "https://tocsin.acme.example/invite/3hV0sWq1mZ8c2Qe7Yd5uJp4rXtLk9bNaGfHiOoEwAbC"),
        }),
        ["members-seen"] = f => Page<MembersPage, MembersModel>(f with { Role = "viewer" }, new()
        {
            Members = [new("11111111-2222-8333-8444-555555555555", "ana", "ana@acme.example", "viewer", Samples.Now.AddDays(-90), Samples.Now.AddMinutes(-2), false, false, true, true)],
        }),
        ["member"] = f => Page<MemberPage, MemberModel>(f with { Notice = "Confirmed. Now do it once more." }, new(
            new("11111111-2222-8333-8444-666666666666", "bartholomew-featherstonehaugh", "bartholomew.featherstonehaugh@subsidiary.acme.example", "responder", Samples.Now.AddDays(-2), Samples.Now.AddHours(-5), true, true, false, true),
            [
                new(7, "web", "password+totp", "acme", "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Samples.Now.AddDays(-3), Samples.Now.AddHours(-5), false),
                new(9, "token", "oidc", "acme", "2001:db8:1:2:3:4:5:6", "", Samples.Now.AddDays(-1), Samples.Now.AddHours(-9), false),
            ],
            ["payments-primary", "night-watch"])),
        ["member-suspended"] = f => Page<MemberPage, MemberModel>(f, new(
            new("11111111-2222-8333-8444-666666666666", "bo", "bo@acme.example", "responder", Samples.Now.AddDays(-2), null, false, true, false, true) { SuspendedAt = Samples.Now.AddHours(-3) }, [], [])),
        ["member-owner"] = f => Page<MemberPage, MemberModel>(f with { Role = "admin" }, new(
            new("11111111-2222-8333-8444-555555555555", "ana", "ana@acme.example", "owner", Samples.Now.AddDays(-90), null, false, false, false, true) { IsDisabled = true }, [], [])),
        ["sign-in"] = f => Page<SignInPage, SignInModel>(f, new()
        {
            SecondFactor = "admins",
            Least = "none",
            MayChange = true,
            Without = ["bo", "bartholomew-featherstonehaugh"],
            Groups =
            [
                new("Who gets an account",
                [
                    new("Registration", "open: anybody makes an account, with a workspace of its own", "Accounts:Registration", "set by the environment variable Tocsin__Accounts__Registration")
                    {
                        Says = "anybody who reaches the server can make an account with a workspace of its own",
                        Fix = "set Accounts:Registration to Invitation or Closed, unless that is meant",
                    },
                    new("Second factor", "asked of nobody; workspaces may ask for it", "Accounts:RequireSecondFactor", "default"),
                ]),
                new("Single sign-on", [new("Roles by group", "6f1c2a3e-0000-0000-0000-000000000001 → admin, on-call → responder", "Oidc:Roles", "set in tocsin.yaml")]),
                new("How long it lasts", [new("Proof for sensitive acts", "10 min", null, "fixed")]),
            ],
        }),
        ["github"] = f => Page<GitHubPage, GitHubModel>(f with { Role = "admin" }, new()
        {
            Account = "the App 4711",
            MayUse = true,
            Rests = "GitHub set a limit; asked again in 4 min",
            HookUrl = "https://pager.acme.example/in/github",
            TakesHooks = true,
            LookEvery = TimeSpan.FromMinutes(5),
            Repositories = [new("acme/infra-alerts", Samples.Now.AddMinutes(-3), Samples.Now.AddHours(-2)), new("acme/backlog", null, null)],
            Open = 3,
            Pending = 1,
            Checked = "acme/infra-alerts",
            Check = new(false, [new("account", true, "The App Tocsin is known."), new("issues", false, "The permission issues is read; it must be write. Change it in the App's settings, and accept the change in the installation.")]),
            Failed =
            [
                new()
                {
                    Id = 12,
                    Repository = "acme/infra-alerts",
                    State = "waiting",
                    Title = "Queue lag 9 min",
                    Priority = "P1",
                    Source = "grafana",
                    Fingerprint = new('a', 64),
                    Alert = 1,
                    CreatedAt = Samples.Now,
                    UpdatedAt = Samples.Now,
                    Error = "The account may not do that (HTTP 403: Resource not accessible by integration). It needs read and write access to issues.",
                    FailedAt = Samples.Now,
                },
            ],
        }),
        ["github-none"] = f => Page<GitHubPage, GitHubModel>(f with { Role = "admin" }, new() { MayUse = true, HookUrl = "https://pager.acme.example/in/github", TakesHooks = false, LookEvery = TimeSpan.FromMinutes(5), Open = 0, Pending = 0 }),
        ["sign-in-seen"] = f => Page<SignInPage, SignInModel>(f with { Role = "admin" }, new() { SecondFactor = "everybody", Least = "admins", OwnersInvite = true, HidesSome = true }),
        ["invite"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "ana", InviteState.New, null)),
        ["invite-weak"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "ana", InviteState.New, "Use at least 12 characters; a sentence is fine.")),
        ["invite-known"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "ana", InviteState.Known, null)),
        ["invite-outside"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "ana", InviteState.Outside, "The address or the password is wrong.")),
        ["invite-mine"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "ana", InviteState.Mine, "You are a member of this workspace already.")),
        ["invite-others"] = f => Page<InvitePage, InviteModel>(f, new("token", "acme", "bo@acme.example", "responder", "An administrator", InviteState.Others, null)),
        ["invite-gone"] = f => Page<DeadAccountLinkPage, DeadAccountLinkModel>(f, new("This invitation does not work", "It was used, taken back, or is older than a week. Ask for a new one.")),
        ["forgot"] = f => Page<ForgotPage, ForgotModel>(f, new(true, false)),
        ["forgot-asked"] = f => Page<ForgotPage, ForgotModel>(f, new(true, true)),
        ["forgot-off"] = f => Page<ForgotPage, ForgotModel>(f, new(false, false)),
        ["reset"] = f => Page<ResetPage, NewPasswordModel>(f, new("/reset/token", "bo@acme.example", "That repeats a few characters only, and would be guessed early. Use something else; a sentence is fine.")),
        ["register"] = f => Page<RegisterPage, RegisterModel>(f, new("bo@acme", new Dictionary<string, string> { ["email"] = "Enter an e-mail address, such as ana@example.com." })),
        ["me"] = f => Page<MePage, MeModel>(f, new()
        {
            Security = new()
            {
                Email = "ana@acme.example",
                HasPassword = true,
                Sessions =
                [
                    new(7, "web", "password+totp", "acme", "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Samples.Now.AddDays(-3), Samples.Now.AddMinutes(-1), true),
                    new(9, "token", "password", "acme", "2001:db8:1:2:3:4:5:6", "", Samples.Now.AddDays(-1), Samples.Now.AddHours(-5), false),
                ],
                Workspaces = [("acme", "owner"), ("ana-x7k2m4qp", "owner")],
            },
            Me = Samples.Ana,
            Notify = new()
            {
                User = "ana",
                Methods = ["phone", "mail"],
                High = [new("0s", "phone"), new("2m", "mail")],
                Low = [new("0s", "mail")],
                HighSentence = "At once phone (ntfy), after 2 min mail (email)",
                LowSentence = "At once mail (email)",
                QuietHours = new("22:00-08:00"),
            },
            Factors = new(Samples.Now.AddDays(-9), 7, [new("AQ", "Work laptop", Samples.Now.AddDays(-40), Samples.Now.AddHours(-1)), new("Ag", "Phone", Samples.Now.AddDays(-2), null)], true),
            Shifts = [new("payments-primary", Samples.Now.AddDays(-4), Samples.Now.AddDays(3)), new("payments-primary", Samples.Now.AddDays(17), Samples.Now.AddDays(24))],
        }),
        ["about"] = f => Page<AboutPage, AboutModel>(f with { Estate = new(112, "routes/payments.yaml:12 unknown policy \"paymnets\" (did you mean \"payments\"?)") }, new()
        {
            Version = new("0.1.0", "a3ca91f", "SQLite 3.40.1", "7"),
            AppliedAt = Samples.Now.AddDays(-2),
            AppliedBy = "key:ci",
            Engine = new(true, "due work is done within 12 ms"),
            Dead = [new(77, "page.send", "incident/1031", 8, Samples.Now.AddHours(-3), "The connection to 127.0.0.1:9001 was refused.")],
            Keys = [new() { Id = 1, Name = "ci", Prefix = "tcn_9fK2", Kind = "tcn", Role = "admin", CreatedAt = Samples.Now.AddDays(-40), LastUsedAt = Samples.Now.AddHours(-1) }],
        }),
        ["login"] = f => Page<LoginPage, LoginModel>(f with { User = null }, new("ana@acme.example", "That e-mail and password do not belong together.", "/")),
        ["login-by-provider"] = f => Page<LoginPage, LoginModel>(f with { User = null }, new("", null, "/oncall") { Provider = "Acme ID", HasLeft = true }),
        ["login-by-provider-only"] = f => Page<LoginPage, LoginModel>(f with { User = null }, new("", null, "/") { Provider = "Acme ID", ShowsPassword = false, HidesPassword = true }),
        ["login-provider-away"] = f => Page<LoginPage, LoginModel>(f with { User = null }, new("", null, "/") { Provider = "Acme ID", ProviderIsAway = true }),
        ["second-step"] = f => Page<SecondStepPage, SecondStepModel>(f with { User = null }, new(true, true, "/", "That code is wrong, too old, or was used before. Wait for the next one.")),
        ["again"] = f => Page<AgainPage, AgainModel>(f with { User = null }, new("ana@acme.example", true, true, true, "/me", null)),
        ["app"] = f => Page<AppPage, AppModel>(f, new("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", "otpauth://totp/Tocsin:ana%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tocsin", "M0 0h1v1h-1z", "sealed", true, null)),
        ["recovery-codes"] = f => Page<RecoveryCodesPage, RecoveryCodesModel>(f, new([.. Enumerable.Range(0, 10).Select(i => $"{i}k2m-9xw4-t0vb-7nq{i}-e4hd-0c8r-2zs{i}")], "The authenticator app is on.")),
        ["setup"] = f => Page<SetupPage, SetupModel>(f with { User = null }, new("t", "Ana", "", new Dictionary<string, string> { ["email"] = "An e-mail address is needed." })),
        ["error"] = f => Page<ErrorPage, ErrorModel>(f, new()
        {
            Status = 500,
            Title = "Something broke here",
            Text = "The page could not be made. What was stored before is safe.",
            TraceId = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Retry = "/",
            Engine = new(true, "due work is done within 12 ms"),
        }),
    };

    private readonly WebApplication _app;

    private Gallery(WebApplication app) => _app = app;

    public static IReadOnlyCollection<string> Stories => s_stories.Keys;

    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public static async Task<Gallery> OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Services.AddPages();
        var app = builder.Build();
        app.UseSecurityHeaders(false);
        app.MapPageAssets();
        app.MapGet("/api/v1/stream", Stream);
        app.MapGet("/{story}", (string story, HttpContext http) => s_stories.TryGetValue(story, out var page)
            ? page(Samples.Frame with { Theme = http.Request.Query["theme"].FirstOrDefault() ?? "auto", Fragment = http.Request.Headers.ContainsKey("X-Fragment") })
            : Results.NotFound());
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(app) { Url = new(address) };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // Open and silent, as the live stream of a quiet night is.
    private static async Task Stream(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(": quiet\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        using var gone = http.RequestAborted.Register(http.Abort);
        await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
    }

    private static Rendered<TPage, TModel> Page<TPage, TModel>(Frame frame, TModel model)
        where TPage : PageBase<TModel>
        where TModel : notnull => new(frame, model, StatusCodes.Status200OK);

    private static ScheduleEditModel Edited() => new()
    {
        Stored = "payments-primary",
        Form = new()
        {
            Name = "payments-primary",
            Team = "payments",
            TimeZone = "Europe/Berlin",
            Holidays = ["germany"],
            Rotations =
            [
                new() { Was = "weekly", Name = "weekly", Turns = [["ana"], ["bo", "chen"], [""]], Start = "2026-01-05T09:00" },
                new()
                {
                    Was = "nights", Name = "nights", Turns = [["dee"]], Count = "12", Unit = "h", Start = "2026-01-05T22:00", TimeZone = "America/New_York", Priority = "1",
                    Windows = [new(["mon", "tue", "wed"], "22:00", "06:00"), new(["holiday"], "", "")],
                },
            ],
        },
        People = ["ana", "bo", "chen", "dee"],
        Teams = ["payments", "platform"],
        HolidayLists = ["germany"],
    };

    private static ScheduleModel Schedule()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var monday = new DateOnly(2026, 10, 19);
        DateTimeOffset At(int day, int hour) => new(TimeZoneInfo.ConvertTimeToUtc(monday.AddDays(day).ToDateTime(new(hour, 0)), zone), TimeSpan.Zero);
        Shift Of(int fromDay, int fromHour, int toDay, int toHour, string? user) => new(At(fromDay, fromHour), At(toDay, toHour), user is null ? [] : [user], "rotation");
        IReadOnlyList<Shift> weekly = [Of(-7, 9, 0, 9, "chen"), Of(0, 9, 7, 9, "ana"), Of(7, 9, 14, 9, "bo"), Of(14, 9, 21, 9, "chen"), Of(21, 9, 28, 9, "ana")];
        IReadOnlyList<Shift> outcome =
        [
            Of(-7, 9, 0, 9, "chen"), Of(0, 9, 4, 18, "ana"), Of(4, 18, 4, 22, "dee"), Of(4, 22, 7, 9, "ana"), Of(7, 9, 9, 22, "bo"), Of(9, 22, 10, 6, null),
            Of(10, 6, 14, 9, "bo"), Of(14, 9, 21, 9, "chen"), Of(21, 9, 28, 9, "ana"),
        ];
        return new()
        {
            Name = "payments-primary",
            Team = "payments",
            TimeZone = "Europe/Berlin",
            Now = ["ana"],
            Until = Samples.Now.AddDays(3),
            MayEdit = true,
            Timeline = new TimelineCut(zone, TimeZoneInfo.FindSystemTimeZoneById("Europe/Lisbon"), At(2, 3), (At(1, 0), At(1, 0).AddDays(30)), n => Samples.Frame.People[n])
                .Draw("payments-primary", monday, 4, [("On call", outcome), ("Overrides", [Of(4, 18, 4, 22, "dee")]), ("weekly", weekly)]),
            Gaps = [new(At(9, 22), At(10, 6))],
            Layers = [new("weekly", "Ana, Bo and Chen take turns every week from Mon 09:00"), new("Overrides", "Dee Fri 23 Oct 18:00 to 22:00")],
        };
    }
}
