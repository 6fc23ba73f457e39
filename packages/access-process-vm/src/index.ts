export {
  type AccessProcessVm,
  type AccessServices,
  createAccessProcessVm,
  type IoWindow,
} from './create-access-process-vm.ts';
