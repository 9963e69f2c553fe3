using Tocsin.Estate;
using Tocsin.OnCall;
using Tocsin.Tests.Estate;

namespace Tocsin.Pages;

public sealed class ScheduleFormTests
{
    private const string People = "users: [{name: ana}, {name: bo}, {name: chen}, {name: dee}]\nholidays: [{name: germany, dates: [01-01, 12-25]}]\n";

    private static readonly DateOnly s_monday = new(2026, 11, 16);

    public static TheoryData<string> Schedules =>
    [
        "{name: primary, time_zone: Europe/Berlin, rotations: [{name: weekly, users: [ana, bo], start: 2026-01-05T09:00, every: 1w}]}",
        "{name: primary, time_zone: Europe/Berlin, allow_overlap: false, rotations: [{name: pairs, turns: [[ana, bo], [chen]], start: \"2026-01-31T09:00:00\", every: 2mo, end: 2027-01-31T09:00, priority: 0}]}",
        "{name: primary, time_zone: UTC, holidays: [germany], rotations: [{name: out, users: [ana], start: 2026-01-05T09:00, every: 12h, holidays: [], windows: [{days: [mon, fri], from: \"18:00\", to: \"09:00\"}, {days: [sat, sun, holiday]}], priority: -3}]}",
        "{name: primary, time_zone: UTC, allow_overlap: true, rotations: [{name: sun, users: [ana], time_zone: Asia/Tokyo, start: 2026-01-05T09:00, every: 1d, from: \"09:00\", to: \"18:00\", days: [mon]}], overrides: [{user: bo, from: 2026-12-24T09:00, to: 2026-12-27T09:00}]}",
        "{name: primary, time_zone: UTC, rotations: []}",
    ];

    [Theory]
    [MemberData(nameof(Schedules))]
    public void A_form_that_nobody_changed_is_the_schedule_that_was_stored(string yaml)
    {
        var stored = Stored(yaml);
        var written = ScheduleFormBody.Write(ScheduleFormBody.Read(stored).Tidy(), stored);

        Assert.True(EstateNode.Same(stored, written), EstateJson.Write(written));
    }

    [Fact]
    public void What_the_form_does_not_show_stays_with_the_rotation_that_was_renamed_and_moved()
    {
        var stored = Stored("{name: primary, time_zone: UTC, holidays: [germany], rotations: [{name: day, users: [ana], start: 2026-01-05T09:00, every: 1w, holidays: []}, {name: night, users: [bo], start: 2026-01-05T09:00, every: 1w}], overrides: [{user: bo, from: 2026-12-24T09:00, to: 2026-12-27T09:00}]}");
        var form = ScheduleFormBody.Read(stored);
        form = form with { Rotations = [form.Rotations[1], form.Rotations[0] with { Name = "office", Turns = [["ana"], ["chen"]] }] };
        var schedule = Compile(ScheduleFormBody.Write(form, stored));

        Assert.Equal(["night", "office"], schedule.Rotations.Select(r => r.Name));
        Assert.Empty(schedule.Rotations[1].Holidays!);
        Assert.Equal(["ana", "chen"], schedule.Rotations[1].Users);
        Assert.Single(schedule.Overrides);
    }

    [Fact]
    public void What_was_left_empty_is_left_out()
    {
        var form = new ScheduleForm { Name = "primary", TimeZone = "UTC", Rotations = [new() { Name = "weekly", Start = "2026-11-16T09:00", Turns = [["ana", ""], [""], ["", "bo"]], Windows = [new([], "", "")] }] };
        var schedule = Compile(ScheduleFormBody.Write(form.Tidy(), null));

        Assert.Equal(["ana", "bo"], Assert.Single(schedule.Rotations).Users);
        Assert.Empty(schedule.Rotations[0].AllWindows());
        Assert.Null(schedule.Team);
    }

    [Theory]
    [InlineData("turn-up:0:1", "bo ana chen", "r0-t0-down")]
    [InlineData("turn-up:0:2", "ana chen bo", "r0-t1-up")]
    [InlineData("turn-down:0:0", "bo ana chen", "r0-t1-down")]
    [InlineData("turn-down:0:1", "ana chen bo", "r0-t2-up")]
    [InlineData("turn-up:0:0", "ana bo chen", "r0-t0-down")]
    [InlineData("turn-drop:0:0", "bo chen", "r0-t0")]
    [InlineData("turn-add:0", "ana bo chen -", "r0-t3")]
    [InlineData("turn-with:0:1", "ana bo+- chen", "r0-t1-1")]
    public void Turns_move_by_buttons_and_the_focus_goes_along(string button, string turns, string focus)
    {
        var pressed = ScheduleFormFields.Press(Weekly("ana", "bo", "chen"), button, s_monday)!.Value;

        Assert.Equal(turns, string.Join(' ', pressed.Form.Rotations[0].Turns.Select(t => string.Join('+', t.Select(u => u.Length == 0 ? "-" : u)))));
        Assert.Equal(focus, pressed.Focus);
    }

    [Fact]
    public void Rotations_are_added_moved_and_removed_and_hours_too()
    {
        var form = Press(new ScheduleForm(), "rotation-add", "r0-name");
        form = Press(form with { Rotations = [form.Rotations[0] with { Name = "a" }] }, "rotation-add", "r1-name");
        form = Press(form with { Rotations = [form.Rotations[0], form.Rotations[1] with { Name = "b" }] }, "rotation-up:1", "r0-down");
        Assert.Equal(["b", "a"], form.Rotations.Select(r => r.Name));
        Assert.Equal("2026-11-16T09:00", form.Rotations[0].Start);
        form = Press(form, "window-add:1", "r1-w0-from");
        Assert.Single(form.Rotations[1].Windows);
        form = Press(form, "window-drop:1:0", "r1-window-add");
        Assert.Empty(form.Rotations[1].Windows);
        form = Press(form, "rotation-drop:0", "r0-name");
        Assert.Equal("a", Assert.Single(form.Rotations).Name);
    }

    [Fact]
    public void More_than_a_request_can_carry_is_not_added()
    {
        var rotation = Weekly([.. Enumerable.Repeat("ana", 59)]).Rotations[0];
        var form = new ScheduleForm { Rotations = [.. Enumerable.Repeat(rotation, 13)] };

        Assert.True(ScheduleFormFields.Holds(form));
        Assert.Same(form, ScheduleFormFields.Press(form, "rotation-add", s_monday)!.Value.Form);
        Assert.Equal(60, ScheduleFormFields.Press(Weekly([.. Enumerable.Repeat("ana", 60)]), "turn-add:0", s_monday)!.Value.Form.Rotations[0].Turns.Count);
    }

    [Theory]
    [InlineData("preview")]
    [InlineData("")]
    [InlineData("turn-up:7:0")]
    [InlineData("turn-up:0:7")]
    [InlineData("turn-up:0:-1")]
    [InlineData("turn-up:0:x")]
    [InlineData("rotation-up:")]
    public void What_is_no_button_of_a_part_is_none(string button) => Assert.Null(ScheduleFormFields.Press(Weekly("ana"), button, s_monday));

    [Theory]
    [InlineData("weekly", 0)]
    [InlineData("daily", 0)]
    [InlineData("weekends", 0)]
    [InlineData("sun", 0)]
    [InlineData("office", 261)]
    public void A_preset_can_be_saved_at_once_and_only_the_office_has_gaps(string preset, int gaps)
    {
        var form = SchedulePresets.Fill(
            new() { Name = "primary", TimeZone = "Europe/Berlin" }, preset, ["ana", "bo", "chen", "dee"],
            user => user switch { "ana" => "Asia/Tokyo", "bo" => "Europe/Berlin", "chen" => "America/New_York", _ => null }, s_monday)!;
        var calendar = OnCallCalendar.Compile(Compile(ScheduleFormBody.Write(form, null)));
        var from = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

        Assert.Equal(gaps, calendar.Gaps(from, from.AddYears(1)).Count());
        Assert.Empty(calendar.Overlaps(from, from.AddYears(1)));
        Assert.Null(SchedulePresets.Fill(form, "another", [], _ => null, s_monday));
    }

    [Theory]
    [InlineData("schedule.time_zone", "zone")]
    [InlineData("schedule.rotations[1].users[2]", "r1-t2")]
    [InlineData("schedule.rotations[1].turns[2][0]", "r1-t2")]
    [InlineData("schedule.rotations[0].users", "r0-turn-add")]
    [InlineData("schedule.rotations[0].every", "r0-count")]
    [InlineData("schedule.rotations[0].windows[1].to", "r0-w1-to")]
    [InlineData("schedule.rotations[0].to", "r0-w0-to")]
    [InlineData("schedule.rotations[0].priority", "r0-priority")]
    [InlineData("schedule.rotations[0]", "r0-name")]
    [InlineData("schedule.overrides[0].user", null)]
    [InlineData("route.tests[0]", null)]
    public void A_fault_leads_to_its_field(string path, string? field) => Assert.Equal(field, ScheduleFormFields.FieldOf(path));

    private static ScheduleForm Press(ScheduleForm form, string button, string focus)
    {
        var pressed = ScheduleFormFields.Press(form, button, s_monday)!.Value;
        Assert.Equal(focus, pressed.Focus);
        return pressed.Form;
    }

    private static ScheduleForm Weekly(params string[] people) => new() { Rotations = [new() { Name = "weekly", Turns = [.. people.Select(IReadOnlyList<string> (p) => [p])] }] };

    private static EstateMap Stored(string yaml) =>
        EstateJson.Read(EstateJson.Write(EstateBench.Objects($"{People}schedules: [{yaml}]").Single(o => o.Kind == "schedule").Body), Tocsin.Estate.Mark.None);

    private static Schedule Compile(EstateMap body) => EstateBench.Model($"{People}schedules: [{EstateJson.Write(body)}]").Schedules["primary"];
}
