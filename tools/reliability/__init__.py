"""What script/reliability is made of. An instrument is a module with a
function rows(scale): it does its work and yields a row.Row for each goal as
soon as that is measured. A scale below 1 is that part of the work."""
